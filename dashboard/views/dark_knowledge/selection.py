"""The right-hand column: the selected images, what each network answers, and its mean soft target on them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from dashboard.charts import dark_knowledge as charts
from dashboard.components.image_grid import GridPicture, image_grid
from dashboard.data.network_answers import Chosen, ComparedNetworks, answers_of, chosen, mean_beliefs
from dashboard.session import Key
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.permalink import is_echo, show
from dashboard.views.dark_knowledge.confusions import mistake_buttons
from dashboard.views.dark_knowledge.view_state import ViewState, chart, select
from kdcore.data.image_urls import png_url

SHOWN, BARS = 9, 10
CELL = (Key.CELL_LABEL, Key.CELL_ANSWER)
CONFUSIONS = "confusions"  # this view has the list itself


def draw(now: ViewState) -> None:
    """The selection, or how to make one."""
    about = now.about
    _chooser(now)
    if now.cell is None:
        st.markdown(
            _(
                "**Nothing is selected.** Choose a label and an answer here, or click a cell of a matrix, a point of the map, or a mistake in the list."
            )
        )
        if now.view != CONFUSIONS:
            mistake_buttons(about, None)
        return
    found = chosen(about, now.cell)
    label, answer = (about.classes[c] for c in now.cell)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(title(label, answer))}**")
        st.button(
            _("Clear"),
            key="clear_cell",
            on_click=select,
            args=(None,),
            icon=":material/close:",
            type="tertiary",
        )
    st.markdown(plain(counted(about, found)))
    if not len(found.images):
        return
    image_grid(pictures(about, found.images[:SHOWN]), about.names, about.roles)
    if len(found.images) > SHOWN:
        st.caption(_("{shown} of {n} images").format(shown=SHOWN, n=f"{len(found.images):,}"))

    st.caption(_("Mean soft targets over these images at T = {T}").format(T=now.at))
    frame = belief_frame(about, found, now.temperature)
    order = list(dict.fromkeys(frame["class"]))
    spec = charts.beliefs(now.theme, about.names, about.roles, order, (label, answer))
    chart("selected_beliefs", frame, spec, _("Mean soft targets over the selected images, by network"))


def _chooser(now: ViewState) -> None:
    """The selected cell as two lists: what the keyboard has in place of a click."""
    classes, chosen = now.about.classes, now.cell or (None, None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="cell"):
        for key, value, words in zip(CELL, chosen, (_("Label"), _("Answer")), strict=True):
            show(key, value)
            st.selectbox(
                words,
                range(len(classes)),
                index=None,
                format_func=classes.__getitem__,
                key=key,
                on_change=_choose,
                args=(key,),
                placeholder=_("choose"),
            )


def _choose(key: str) -> None:
    """One of the two was chosen; where the other was not, the class itself: its doubtful images."""
    if is_echo(*CELL):
        return
    label, answer = (st.session_state[each] for each in CELL)
    chosen = st.session_state[key]
    if chosen is None:
        select(None)
    else:
        select((chosen if label is None else label, chosen if answer is None else answer))


def in_words(now: ViewState) -> str:
    """What is selected, for a screen reader; empty where nothing is."""
    if now.cell is None:
        return ""
    label, answer = (now.about.classes[c] for c in now.cell)
    return title(label, answer) + ". " + counted(now.about, chosen(now.about, now.cell))


def title(label: str, answer: str) -> str:
    """A cell in words."""
    if label == answer:
        return _("{label}, the doubtful ones first").format(label=label)
    return _("{label} answered as {answer}").format(label=label, answer=answer)


def counted(about: ComparedNetworks, found: Chosen) -> str:
    """How many of the class's images each network answers so."""
    own = int((about.labels == found.cell[0]).sum())
    if not own:
        return _("No image has this label.")
    label, answer = (about.classes[c] for c in found.cell)
    if not found.by_answer:
        return _("Nobody answers {answer} to an image of {label}. These come closest for {name}.").format(
            answer=answer, label=label, name=about.spoken[0]
        )
    said = ", ".join(
        f"{role.mark}\N{NO-BREAK SPACE}{name}\N{NO-BREAK SPACE}{n:,}"
        for role, name, n in zip(about.roles, about.names, found.counts, strict=True)
    )
    return ngettext("Of {own} image: {said}.", "Of {own} images: {said}.", own).format(
        own=f"{own:,}", said=said
    )


def belief_frame(about: ComparedNetworks, found: Chosen, temperature: float) -> pd.DataFrame:
    """Each network's mean belief, a class and a network a row; of many classes those that anybody believes in most."""
    means = mean_beliefs(about, found.cell, temperature)
    shown = sorted(range(means.shape[1]), key=lambda c: -means[:, c].max())[:BARS]
    shown = sorted({*shown, *found.cell})
    rows = [
        {"who": name, "class": about.classes[c], "belief": float(means[k, c])}
        for c in shown
        for k, name in enumerate(about.names)
    ]
    return pd.DataFrame(rows)


def pictures(about: ComparedNetworks, places: Iterable[int]) -> list[GridPicture]:
    """The images at these places as the grid shows them."""
    found = []
    for place in map(int, places):
        said, label = answers_of(about, place), int(about.labels[place])
        found.append(
            GridPicture(
                png_url(about.pixels[place]),
                place,
                about.classes[label],
                tuple(about.classes[c] for c in said),
                tuple(c == label for c in said),
            )
        )
    return found
