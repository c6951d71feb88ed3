"""The right-hand column: the selected images, what each network answers, and its mean soft target on them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from dashboard.charts.mean_soft_target_bars import mean_soft_target_spec
from dashboard.components.image_grid import GridPicture, image_grid
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.image_selection import CellImages, answers_of, mean_beliefs, selected_images
from dashboard.session import Key
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, listing, ngettext, plain
from dashboard.url.widget_values import is_echo, sync_widget
from dashboard.views.dark_knowledge.confusions import mistake_buttons
from dashboard.views.dark_knowledge.view_state import ViewState, chart, select
from kdcore.data.image_urls import png_url

SHOWN, BARS = 9, 10
CELL = (Key.CELL_LABEL, Key.CELL_ANSWER)
CONFUSIONS = "confusions"  # this view has the list itself


def draw(state: ViewState) -> None:
    """The selection; nothing where there is none."""
    if state.cell is None:
        return
    compared = state.compared
    _chooser(state)
    selection = selected_images(compared, state.cell)
    label, answer = (compared.classes[c] for c in state.cell)
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
    st.markdown(plain(count_sentence(compared, selection)))
    if not len(selection.images):
        return
    image_grid(pictures(compared, selection.images[:SHOWN]), compared.names, compared.roles)
    if len(selection.images) > SHOWN:
        st.caption(_("{shown} of {n} images").format(shown=SHOWN, n=grouped(len(selection.images))))

    st.caption(_("Mean soft targets over these images at T = {T}").format(T=state.at))
    frame = belief_frame(compared, selection, state.temperature)
    order = list(dict.fromkeys(frame["class"]))
    spec = mean_soft_target_spec(state.theme, compared.names, compared.roles, order, (label, answer))
    chart("selected_beliefs", frame, spec, _("Mean soft targets over the selected images, by network"))


def invite(state: ViewState) -> None:
    """While nothing is selected: how to select something, below the view."""
    with st.container(key="unselected"):
        st.markdown(
            _(
                "**Images of a kind:** choose a label and an answer, or click a cell of a matrix, a point of the map, or a mistake."
            )
        )
        _chooser(state)
        if state.view != CONFUSIONS:
            mistake_buttons(state.compared, None)


def _chooser(state: ViewState) -> None:
    """The selected cell as two lists: what the keyboard has in place of a click."""
    classes, cell = state.compared.classes, state.cell or (None, None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="cell"):
        for key, value, label in zip(CELL, cell, (_("Label"), _("Answer")), strict=True):
            sync_widget(key, value)
            st.selectbox(
                label,
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


def in_words(state: ViewState) -> str:
    """What is selected, for a screen reader; empty where nothing is."""
    if state.cell is None:
        return ""
    label, answer = (state.compared.classes[c] for c in state.cell)
    return (
        title(label, answer)
        + ". "
        + count_sentence(state.compared, selected_images(state.compared, state.cell))
    )


def title(label: str, answer: str) -> str:
    """A cell in words."""
    if label == answer:
        return _("{label}, the doubtful ones first").format(label=label)
    return _("{label} answered as {answer}").format(label=label, answer=answer)


def count_sentence(compared: ComparedNetworks, selection: CellImages) -> str:
    """How many of the class's images each network answers that way, in a sentence."""
    own = int((compared.labels == selection.cell[0]).sum())
    if not own:
        return _("No image has this label.")
    label, answer = (compared.classes[c] for c in selection.cell)
    if not selection.by_answer:
        return _("Nobody answers {answer} to an image of {label}. These come closest for {name}.").format(
            answer=answer, label=label, name=compared.spoken[0]
        )
    counts = listing(
        f"{role.mark}\N{NO-BREAK SPACE}{name}\N{NO-BREAK SPACE}{n:,}"
        for role, name, n in zip(compared.roles, compared.names, selection.counts, strict=True)
    )
    return ngettext("Of {own} image: {said}.", "Of {own} images: {said}.", own).format(
        own=grouped(own), said=counts
    )


def belief_frame(compared: ComparedNetworks, selection: CellImages, temperature: float) -> pd.DataFrame:
    """Each network's mean belief, a class and a network a row; of many classes those that anybody believes in most."""
    means = mean_beliefs(compared, selection.cell, temperature)
    shown = sorted(range(means.shape[1]), key=lambda c: -means[:, c].max())[:BARS]
    shown = sorted({*shown, *selection.cell})
    rows = [
        {"who": name, "class": compared.classes[c], "belief": float(means[k, c])}
        for c in shown
        for k, name in enumerate(compared.names)
    ]
    return pd.DataFrame(rows)


def pictures(compared: ComparedNetworks, places: Iterable[int]) -> list[GridPicture]:
    """The images at these places as the grid shows them."""
    grid = []
    for place in map(int, places):
        answers, label = answers_of(compared, place), int(compared.labels[place])
        grid.append(
            GridPicture(
                png_url(compared.pixels[place]),
                place,
                compared.classes[label],
                tuple(compared.classes[c] for c in answers),
                tuple(c == label for c in answers),
            )
        )
    return grid
