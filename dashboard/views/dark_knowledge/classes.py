"""Each class as a question of its own: precision, recall, F1 and the area under the one-against-rest curve."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.figure_downloads import take_away
from dashboard.data.network_answers import ComparedNetworks, by_class
from dashboard.text.names import split_title
from dashboard.text.translation import _
from dashboard.views.dark_knowledge.view_state import ViewState, marked

FIGURES = ("precision", "recall", "f1", "auc")
ROW = 35  # pixels


def draw(now: ViewState) -> None:
    """One table: the means first, then the classes, a network a row, so that what is compared stands in one column."""
    about = now.about
    frame = class_frame(about)
    titles = {"class": _("class"), "who": _("network"), "precision": _("precision"), "recall": _("recall"), "f1": "F1", "auc": "AUC", "images": _("images")}  # fmt: skip
    shown = frame.rename(columns=titles)
    digits: dict[Any, Any] = {titles[figure]: "{:.5f}" if figure == "auc" else "{:.3f}" for figure in FIGURES}
    styled = shown.style.apply(marked, axis=1, chosen=now.chosen_classes).format(digits, na_rep="–")
    st.dataframe(styled, hide_index=True, key="classes", height=min(len(shown) + 1, 20) * ROW + 3)
    with st.container(key="sideways"):
        st.caption(_("Swipe the table sideways for its other columns."))
    take_away("classes", frame, picture=False)
    st.caption(
        _(
            "On {n} {split} images. The means over the classes count every class alike. AUC: how often an image of the class gets a higher belief in it than another image."
        ).format(n=f"{about.count:,}", split=split_title(about.split))
    )


def class_frame(about: ComparedNetworks) -> pd.DataFrame:
    """A class and a network a row; the mean of all classes first."""
    found = by_class(about)
    who = [f"{role.mark} {name}" for role, name in zip(about.roles, about.names, strict=True)]
    rows = [
        {"class": _("mean"), "who": who[k], **one.macro, "images": about.count} for k, one in enumerate(found)
    ]
    for c, name in enumerate(about.classes):
        for k, one in enumerate(found):
            figures = {figure: float(getattr(one, figure)[c]) for figure in FIGURES}
            rows.append({"class": name, "who": who[k], **figures, "images": int(one.images[c])})
    return pd.DataFrame(rows, columns=["class", "who", *FIGURES, "images"])
