"""Which classes look alike to each network at T, and how much of the first network's similarity the others reproduce."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts.confusion_matrix import CellNumber, class_matrix_spec
from dashboard.charts.dendrogram import dendrogram_spec
from dashboard.data.compared_networks import Cell, ComparedNetworks
from dashboard.data.network_metrics import correlations, dendrograms, shared_doubts, similarities
from dashboard.text.numbers import signed
from dashboard.text.translation import _, listing, plain, together
from dashboard.views.dark_knowledge.view_state import ViewState, chart, clickable

DRAWING = ("text", "diagonal")
"""Columns of a matrix's frame that only its drawing needs."""


def draw(state: ViewState) -> None:
    """A matrix and a dendrogram a network, below the rank correlations."""
    compared = state.compared
    st.markdown(
        plain(similarity_sentence(compared.spoken, correlations(compared, state.temperature), state.at))
    )
    trees = dendrograms(compared, state.temperature)
    order = [compared.classes[c] for c in trees[0].order]
    frames = [
        similarity_frame(compared, k, state.temperature, state.cell) for k in range(len(compared.shown))
    ]
    top = max(float(frame["value"].max()) for frame in frames)
    heights = [link[2] for tree in trees for link in tree.links]
    room = (max(heights) - min(heights)) / 4 or 0.05
    ends = min(heights) - room, max(heights) + room / 2
    for k, column in enumerate(st.columns(max(2, len(frames)))[: len(frames)]):
        with column:
            st.markdown(f"**{compared.roles[k].mark} {plain(compared.names[k])}**")
            spec = class_matrix_spec(state.theme, order, top, "share", _("belief in"), _("label"))
            alt = _("Similarity of the classes to {name} at T = {T}").format(
                name=compared.spoken[k], T=state.at
            )
            clickable(f"similarity_{k}", frames[k], spec, alt, drop=DRAWING)
            own = [compared.classes[c] for c in trees[k].order]
            links = dendrogram_frame(trees[k].links)
            alt = _("Dendrogram of the classes as {name} sees them at T = {T}").format(
                name=compared.spoken[k], T=state.at
            )
            chart(
                f"dendrogram_{k}",
                links,
                dendrogram_spec(state.theme, own, ends),
                alt,
            )
    st.caption(
        _(
            "Each row: the belief that images of a class leave for the other classes, as shares; rows add up to 100 %. The matrices stand in the first network's order. The trees join classes by 1 − similarity, on average."
        )
    )
    _shared_doubt(state, order)


def _shared_doubt(state: ViewState, order: list[str]) -> None:
    """Where the first two doubt the same images: people and a network, or two networks."""
    compared = state.compared
    if len(compared.shown) < 2:
        return
    title = _("Do {a} and {b} doubt the same images?")
    st.markdown(f"**{title.format(a=plain(compared.names[0]), b=plain(compared.names[1]))}**")
    matrix = shared_doubts(compared, state.temperature)
    frame = matrix_frame(compared.classes, (100 * matrix.nan_to_num(0.0)).tolist(), "difference", state.cell)
    spec = class_matrix_spec(state.theme, order, 100.0, "difference", _("belief in"), _("label"))
    alt = _(
        "Rank correlation of the beliefs of {a} and {b}, image by image, for each pair of classes at T = {T}"
    )
    words = alt.format(a=compared.spoken[0], b=compared.spoken[1], T=state.at)
    left, right = st.columns(2)
    with left:
        clickable("shared_doubt", frame, spec, words, drop=DRAWING)
    with right:
        st.caption(
            _(
                "Each cell takes the images of one class: 100 where those that the one believes most to be of the other class are those that the other does, too; 0 where their doubts have nothing to do with each other; below 0 where the one believes it least of the images of which the other believes it most (100 times the rank correlation at T = {T}). Of few images chance makes large numbers."
            ).format(T=state.at)
        )


def similarity_sentence(names: tuple[str, ...], ranks: list[list[float]], at: str) -> str:
    """How much of the first network's similarity each other reproduces, and what the others share."""
    if len(names) < 2:
        return _("One network is shown: choose a run, or several teachers, to compare what they find alike.")
    parts = [
        _("{name} reproduces {rank}").format(name=names[k], rank=_rank(ranks[k][0]))
        for k in range(1, len(names))
    ]
    sentence = _("Of what {first} finds alike, {parts} (rank correlation at T = {T}).").format(
        first=names[0], parts=listing(parts), T=at
    )
    others = [(i, j) for i in range(1, len(names)) for j in range(i + 1, len(names))]
    if others:
        pairs = [
            _("{a} and {b} {rank}").format(a=names[i], b=names[j], rank=_rank(ranks[i][j])) for i, j in others
        ]
        sentence = together([sentence, _("Between each other: {pairs}.").format(pairs=listing(pairs))])
    return sentence


def _rank(value: float) -> str:
    return "–" if value != value else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def similarity_frame(
    compared: ComparedNetworks, network: int, temperature: float, cell: Cell | None
) -> pd.DataFrame:
    """One network's similarity, a cell a row (see `charts.confusion_matrix`); cells of classes without images are empty."""
    matrix = similarities(compared, temperature)[network].nan_to_num(0.0).tolist()
    return matrix_frame(compared.classes, matrix, "share", cell)


def matrix_frame(
    classes: tuple[str, ...], matrix: list[list[float]], number: CellNumber, cell: Cell | None
) -> pd.DataFrame:
    """A matrix [C, C], a cell a row."""
    rows = [
        {
            "label": i,
            "answer": j,
            "row": classes[i],
            "column": classes[j],
            "value": value,
            "text": _written(value, number),
            "diagonal": i == j,
            "chosen": (i, j) == cell,
        }
        for i, row in enumerate(matrix)
        for j, value in enumerate(row)
    ]
    return pd.DataFrame(rows)


def _written(value: float, number: CellNumber) -> str:
    if number == "share":
        return f"{100 * value:.0f}" if value >= 0.005 else ""
    if number == "difference":
        return signed(value) if value else ""
    return f"{value:,.0f}" if value else ""


def dendrogram_frame(links: list[tuple[float, float, float, float, float]]) -> pd.DataFrame:
    """A dendrogram's straight lines: two that rise, one that joins them."""
    rows = []
    for x0, x1, height, left, right in links:
        rows += [(x0, x0, left, height), (x1, x1, right, height), (x0, x1, height, height)]
    return pd.DataFrame(rows, columns=["x", "x2", "y", "y2"])
