"""The views of the page by their names in the link, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.chosen_in_sight import chosen_in_sight
from dashboard.session import Key
from dashboard.text.translation import _, plain
from dashboard.url.parameters import OMITTED_CLASSES, Param
from dashboard.url.query_parameters import unknown
from dashboard.url.widget_values import read_choice, write_choice
from dashboard.views.dark_knowledge import (
    calibration,
    classes,
    confusions,
    costs,
    feature_map,
    fidelity,
    omitted_classes,
    risk_coverage,
    similarity,
)
from dashboard.views.dark_knowledge.view_claims import Claimed, claim
from dashboard.views.dark_knowledge.view_state import ViewState, forget_clicks
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run


VIEWS: Mapping[str, tuple[str, Callable[[ViewState], None]]] = {
    "similarity": (N_("Similarity"), similarity.draw),
    "confusions": (N_("Confusions"), confusions.draw),
    "fidelity": (N_("Fidelity"), fidelity.draw),
    "calibration": (N_("Calibration"), calibration.draw),
    "coverage": (N_("Coverage"), risk_coverage.draw),
    "classes": (N_("Classes"), classes.draw),
    "map": (N_("Map"), feature_map.draw),
    "costs": (N_("Costs"), costs.draw),
}
ALL_VIEWS = {**VIEWS, OMITTED_CLASSES: (N_("Omitted classes"), omitted_classes.draw)}


def view_in_link(run: Run | None, problems: list[str]) -> str:
    """The view that the link names, among those that these networks have."""
    offered = _offered(run)
    first = next(iter(offered))
    view = read_choice(Param.VIEW, Key.VIEW, offered, first) or first
    why = _("this run left no class out.") if st.query_params.get(Param.VIEW) == OMITTED_CLASSES else ""
    problems += unknown(Param.VIEW, offered, _(offered[view][0]), why)
    return view


def view_path(run: Run | None, view: str, about: Claimed) -> None:
    """Draw the steps of the path: the views that these networks have, each with what it shows here."""
    offered = [*_offered(run)]
    with st.container(key="path"):
        st.radio(
            _("View"),
            offered,
            offered.index(view),
            format_func=lambda key: f"{offered.index(key) + 1} · {_(ALL_VIEWS[key][0])}",
            captions=[plain(claim(one, about)) for one in offered],
            key=Key.VIEW,
            on_change=_write_view,
            args=(offered[0],),
            horizontal=True,
            width="stretch",
            label_visibility="collapsed",
        )
        chosen_in_sight("path", view)


def _offered(run: Run | None) -> Mapping[str, tuple[str, Callable[[ViewState], None]]]:
    return ALL_VIEWS if run and run.experiment.omit else VIEWS


def _write_view(first: str) -> None:
    write_choice(Param.VIEW, Key.VIEW, first)
    forget_clicks()
