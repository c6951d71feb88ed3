"""The settings that differ from the shown preset's or run's, named beside Train, and the way back to its own.

A setting may have been changed on another page: the temperature of Soft targets and Dark knowledge is this recipe's too.
"""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data.screen import Screen, read_screen
from dashboard.text.field_labels import field_title, value_text
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.permalink import write_recipe
from kdcore.studies.presets import PRESETS

MOST_NAMED = 4


def changed_settings(screen: Screen) -> None:
    """Name what differs from the preset or the run that the recipe begins from; nothing where nothing does."""
    if screen.watching or screen.draft == screen.base or is_another_preset(screen):
        return
    named = _named(screen)
    if screen.run is not None:
        sentence = _("Changed from this run: {settings}. Train begins a new run with this recipe.")
        back = _("Back to the run's settings")
    else:
        sentence = _("Changed from the preset “{preset}”: {settings}. Train takes these values.")
        back = _("Back to the preset's settings")
    with st.container(horizontal=True, vertical_alignment="center", key="changed"):
        preset = plain(_((screen.preset or PRESETS[0]).title))
        st.markdown(sentence.format(settings=named, preset=preset), width="content")
        st.button(back, key="back", icon=":material/undo:", on_click=back_to_base)


def is_another_preset(screen: Screen) -> bool:
    """Whether the recipe is a preset's own, whichever it began from."""
    return any(one.experiment == screen.draft for one in PRESETS)


def _named(screen: Screen) -> str:
    """The settings that differ, each with its value here and there; of many the first."""
    there = screen.base.flat()
    changes = screen.draft.changes(screen.base)
    texts = [
        _("{setting} {value} instead of {other}").format(
            setting=plain(field_title(name)),
            value=plain(value_text(value)),
            other=plain(value_text(there[name])),
        )
        for name, value in list(changes.items())[:MOST_NAMED]
    ]
    if rest := len(changes) - len(texts):
        texts.append(ngettext("{n} more", "{n} more", rest).format(n=rest))
    return ", ".join(texts)


def back_to_base() -> None:
    """Take back every change to the recipe; the preset or the run stays."""
    with errors_as_notices():
        screen = read_screen()
        write_recipe(screen.base, screen.base)
