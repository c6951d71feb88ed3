"""Who answers what: the networks' confusion matrices, their differences, and the commonest mistakes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts.confusion_matrix import class_matrix_spec
from dashboard.data.compared_networks import Cell, ComparedNetworks
from dashboard.data.network_metrics import Mistake, confusions, mistakes
from dashboard.text.translation import _, plain
from dashboard.views.dark_knowledge.similarity import DRAWING, matrix_frame
from dashboard.views.dark_knowledge.view_state import ViewState, clickable, select

MISTAKES = "mistakes"
DIFFERENCES = 3
"""Pairs of networks whose difference is drawn."""


def draw(state: ViewState) -> None:
    """The matrices, then the differences to the first network and to the second."""
    compared = state.compared
    frames = [confusion_frame(compared, k, state.cell) for k in range(len(compared.shown))]
    top = max(1.0, *(float(frame.loc[~frame["diagonal"], "value"].max()) for frame in frames))
    columns = max(2, len(frames))
    for k, column in enumerate(st.columns(columns)[: len(frames)]):
        with column:
            st.markdown(f"**{compared.roles[k].mark} {plain(compared.names[k])}**")
            spec = class_matrix_spec(state.theme, compared.classes, top, "count", _("answer"), _("label"))
            alt = _("Confusion matrix of {name}").format(name=compared.spoken[k])
            clickable(f"confusions_{k}", frames[k], spec, alt, drop=DRAWING)
    st.caption(
        _("Images by label and answer. Right answers stay uncoloured. Click a cell to see its images.")
    )
    mistake_buttons(compared, state.cell)
    pairs = [(k, r) for r in range(len(frames)) for k in range(r + 1, len(frames))][:DIFFERENCES]
    if not pairs:
        return
    differences = [difference_frame(compared, k, r, state.cell) for k, r in pairs]
    top = max(1.0, *(float(frame.loc[~frame["diagonal"], "value"].abs().max()) for frame in differences))
    drawn = zip(pairs, differences, st.columns(columns), strict=False)
    for (k, r), frame, column in drawn:
        with column:
            st.markdown(f"**{plain(compared.names[k])} − {plain(compared.names[r])}**")
            spec = class_matrix_spec(
                state.theme, compared.classes, top, "difference", _("answer"), _("label")
            )
            alt = _("Confusions of {a} less those of {b}").format(a=compared.spoken[k], b=compared.spoken[r])
            clickable(f"difference_{k}_{r}", frame, spec, alt, drop=DRAWING)
    st.caption(_("Images more (purple) or fewer (green) than the other network's."))


def mistake_buttons(compared: ComparedNetworks, cell: Cell | None) -> None:
    """The commonest mistakes as buttons that select them."""
    commonest = mistakes(compared)
    if not commonest:
        st.markdown(_("Nobody makes a mistake on these images."))
        return
    st.markdown(_("Commonest mistakes"))
    with st.container(horizontal=True, gap="small", key=MISTAKES):
        for mistake in commonest:
            st.button(
                plain(mistake_text(compared, mistake)),
                key=f"mistake_{mistake.cell[0]}_{mistake.cell[1]}",
                type="primary" if mistake.cell == cell else "secondary",
                on_click=select,
                args=(mistake.cell, MISTAKES),
            )


def mistake_text(compared: ComparedNetworks, mistake: Mistake) -> str:
    """A mistake and how often each network makes it."""
    label, answer = (compared.classes[c] for c in mistake.cell)
    counts = " ".join(f"{role.mark} {n:,}" for role, n in zip(compared.roles, mistake.counts, strict=True))
    return _("{label} as {answer}: {counts}").format(label=label, answer=answer, counts=counts)


def confusion_frame(compared: ComparedNetworks, network: int, cell: Cell | None) -> pd.DataFrame:
    """One network's confusion matrix, a cell a row."""
    return matrix_frame(compared.classes, confusions(compared)[network].tolist(), "count", cell)


def difference_frame(compared: ComparedNetworks, network: int, other: int, cell: Cell | None) -> pd.DataFrame:
    """One network's confusions less another's, a cell a row."""
    counts = confusions(compared)
    return matrix_frame(compared.classes, (counts[network] - counts[other]).tolist(), "difference", cell)
