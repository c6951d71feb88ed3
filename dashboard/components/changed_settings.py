"""The settings that differ from the shown preset's or run's, or from the default, named beside the button that starts, and the way back.

A setting may have been changed on another page: the temperature of Soft targets is this recipe's too, and a sweep goes around
the recipe of the run or the preset that was looked at before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import run_manager
from dashboard.data.method_cards import value_title
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key
from dashboard.text.field_labels import field_title, value_text
from dashboard.text.translation import _, listing, ngettext, plain
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS

MOST_NAMED = 4
NAMED_FIRST = ("omit", "hidden_labels", "label_noise", "train_on_validation")
"""Settings that nobody expects who did not make them."""


def changed_settings(screen: Screen) -> None:
    """Name what differs from the preset or the run that the recipe begins from; nothing where nothing does."""
    if screen.watching or screen.draft == screen.base or is_another_preset(screen):
        return
    there = screen.base.flat()
    changes = _changes(screen.draft, screen.base)
    named = _listed([_change(name, value, there[name]) for name, value in changes.items()])
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


def changed_from_default(screen: Screen, varied: Collection[str]) -> None:
    """Name what a sweep takes from elsewhere in place of the default; nothing where nothing differs but what is varied."""
    changes = _changes(screen.draft, PRESETS[0].experiment, varied)
    if not changes:
        return
    named = _listed([_setting(name, value) for name, value in changes.items()])
    with st.container(horizontal=True, vertical_alignment="center", key="changed"):
        st.markdown(_taken_over(screen, varied).format(settings=named), width="content")
        st.button(
            _("Back to the default settings"),
            key="back_to_default",
            icon=":material/undo:",
            on_click=back_to_default,
        )


def _taken_over(screen: Screen, varied: Collection[str]) -> str:
    """From where a sweep's recipe is, a sentence."""
    if _is_selected_runs(screen.draft, varied):
        return _("From the run that you looked at before: {settings}.")
    if screen.preset is not None and not _changes(screen.draft, screen.base, varied):
        sentence = _("From the preset “{preset}”: {settings}.")
        return sentence.replace("{preset}", plain(_(screen.preset.title)))
    return _("Changed from the default: {settings}.")


def _is_selected_runs(draft: Experiment, varied: Collection[str]) -> bool:
    """Whether the recipe is that of the run that was selected last, but for what is varied."""
    run_id = st.query_params.get(Param.SELECTED)
    try:
        run = None if run_id is None else run_manager.manager().run(run_id)
    except RunRefused:
        return False
    return run is not None and not _changes(draft, run.experiment, varied)


def _listed(texts: Sequence[str]) -> str:
    """The changes in a row; of many the first."""
    named, rest = [*texts[:MOST_NAMED]], len(texts[MOST_NAMED:])
    if rest:
        named.append(ngettext("{n} more", "{n} more", rest).format(n=rest))
    return listing(named)


def _changes(draft: Experiment, base: Experiment, left_out: Collection[str] = ()) -> dict[str, Any]:
    """The settings that differ, those that nobody expects first."""
    changes = {name: value for name, value in draft.changes(base).items() if name not in left_out}
    return {name: changes[name] for name in sorted(changes, key=lambda name: name not in NAMED_FIRST)}


def _omission(classes: Sequence[int]) -> str:
    sentence = ngettext("class {classes} left out", "classes {classes} left out", len(classes))
    return sentence.format(classes=plain(value_text(classes))) if classes else _("no class left out")


def _change(name: str, value: Any, other: Any) -> str:
    """One setting with its value here and there; of the transfer set's classes, those that are left out."""
    if name == "omit":
        return _omission(value)
    return _("{setting} {value} instead of {other}").format(
        setting=plain(field_title(name)),
        value=plain(value_title(name, value)),
        other=plain(value_title(name, other)),
    )


def _setting(name: str, value: Any) -> str:
    """One setting with its value."""
    if name == "omit":
        return _omission(value)
    return _("{setting} {value}").format(
        setting=plain(field_title(name)), value=plain(value_title(name, value))
    )


def back_to_base() -> None:
    """Take back every change to the recipe; the preset or the run stays."""
    with errors_as_notices():
        screen = read_screen()
        write_recipe(screen.base, screen.base)


def back_to_default() -> None:
    """The recipe becomes the default; what is varied stays, and so does the run that was selected."""
    with errors_as_notices():
        read_screen()
        usual = PRESETS[0].experiment
        st.session_state[Key.OWN_SWEEP] = (
            True  # a bare link opens on this browser's last sweep, which was not asked for
        )
        write_recipe(usual, usual, preset=None)
