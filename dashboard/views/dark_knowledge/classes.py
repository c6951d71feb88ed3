"""Each class as a question of its own: precision, recall, F1 and the area under the one-against-rest curve."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.figure_downloads import figure_downloads
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import by_class
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _
from dashboard.views.dark_knowledge.view_state import ViewState, highlight_row

FIGURES = ("precision", "recall", "f1", "auc")
ROW = 35  # pixels


def draw(state: ViewState) -> None:
    """One table: the means first, then the classes, a network a row, so that what is compared stands in one column."""
    compared = state.compared
    frame = class_frame(compared)
    titles = {"class": _("class"), "who": _("network"), "precision": _("precision"), "recall": _("recall"), "f1": "F1", "auc": "AUC", "images": _("images")}  # fmt: skip
    shown = frame.rename(columns=titles)
    digits: dict[Any, Any] = {titles[figure]: "{:.5f}" if figure == "auc" else "{:.3f}" for figure in FIGURES}
    styled = shown.style.apply(highlight_row, axis=1, chosen=state.chosen_classes).format(digits, na_rep="–")
    st.dataframe(styled, hide_index=True, key="classes", height=min(len(shown) + 1, 20) * ROW + 3)
    with st.container(key="sideways"):
        st.caption(_("Swipe the table sideways for its other columns."))
    figure_downloads("classes", frame, picture=False)
    st.caption(
        _(
            "On {n} {split} images. The means over the classes count every class alike. AUC: how often an image of the class gets a higher belief in it than another image."
        ).format(n=f"{compared.count:,}", split=split_title(compared.split))
    )


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
