"""Each class as a question of its own: precision, recall, F1 and the area under the one-against-rest curve."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard.charts.class_recall import class_recall_spec
from dashboard.components.figure_downloads import figure_downloads
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import by_class, class_recalls
from dashboard.text.numbers import grouped
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, pgettext, plain
from dashboard.views.dark_knowledge.view_state import ViewState, chart, highlight_row

FIGURES = ("precision", "recall", "f1", "auc")
ROW = 35  # pixels
MOST = 20
"""Classes that the figure shows."""


def draw(state: ViewState) -> None:
    """The figure, hardest classes first; then the table with all figures."""
    compared = state.compared
    found = recall_frame(compared)
    order = hardest(found, compared.names[-1])
    low = max(0.0, math.floor(10 * float(found["recall"].min()) - 0.5) / 10)
    spec = class_recall_spec(
        state.theme, compared.names, compared.roles, order, low, state.chosen_classes & {*order}
    )
    alt = _("The share of each class's images that each network finds, the hardest classes on top")
    chart("class_recalls", found[found["class"].isin(order)], spec, alt)
    if len(order) < len(compared.classes):
        st.caption(
            _("The {n} classes that are hardest for {network}.").format(
                n=len(order), network=plain(compared.spoken[-1])
            )
        )
    frame = class_frame(compared)
    with st.container(key="class_table"):
        st.dataframe(
            _written(frame).style.apply(highlight_row, axis=1, chosen=state.chosen_classes),
            hide_index=True,
            key="classes",
            height=min(len(frame) + 1, 20) * ROW + 3,
        )
    with st.container(key="sideways"):
        st.caption(_("Swipe the table sideways for its other columns."))
    figure_downloads("classes", frame, picture=False)
    st.caption(
        _(
            "On {n} {split} images. The means over the classes count every class alike. AUC: how often an image of the class gets a higher belief in it than another image."
        ).format(n=grouped(compared.count), split=split_title(compared.split))
    )


def _written(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as text, with a dash where nothing can be said, each column under its title."""
    titles = {"class": _("class"), "who": _("network"), "precision": pgettext("of a class", "precision"), "recall": _("recall"), "f1": "F1", "auc": "AUC", "images": _("images")}  # fmt: skip
    written = frame.copy()
    for figure in FIGURES:
        digits = 5 if figure == "auc" else 3
        written[figure] = [f"{value:.{digits}f}" if value == value else "–" for value in frame[figure]]
    written["images"] = [grouped(n) for n in frame["images"]]
    return written.rename(columns=titles)


def recall_frame(compared: ComparedNetworks) -> pd.DataFrame:
    """Each network's recall of each class that has images (see `charts.class_recall`)."""
    rows = []
    for name, (shares, images) in zip(compared.names, class_recalls(compared), strict=True):
        rows += [
            {"who": name, "class": one, "recall": share, "images": n}
            for one, share, n in zip(compared.classes, shares, images, strict=True)
            if n
        ]
    return pd.DataFrame(rows)


def hardest(found: pd.DataFrame, network: str) -> list[str]:
    """The classes that the network finds least of, the hardest first, at most `MOST`."""
    own = found[found["who"] == network].sort_values("recall", kind="stable")
    return [*own["class"][:MOST]]


def class_frame(compared: ComparedNetworks) -> pd.DataFrame:
    """A class and a network a row; the mean of all classes first."""
    scores = by_class(compared)
    labels = [f"{role.mark} {name}" for role, name in zip(compared.roles, compared.names, strict=True)]
    rows = [
        {"class": _("mean"), "who": labels[k], **score.macro, "images": compared.count}
        for k, score in enumerate(scores)
    ]
    for c, name in enumerate(compared.classes):
        for k, score in enumerate(scores):
            figures = {figure: float(getattr(score, figure)[c]) for figure in FIGURES}
            rows.append({"class": name, "who": labels[k], **figures, "images": int(score.images[c])})
    return pd.DataFrame(rows, columns=["class", "who", *FIGURES, "images"])
