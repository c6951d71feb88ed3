"""How often the networks err where they are surest: a network that knows when it errs can leave those images to others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard.charts.risk_coverage_curve import risk_coverage_figure
from dashboard.components.explored_figure import explored_figure
from dashboard.components.figure_downloads import after_shown_run, figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.network_label import network_html
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import risk_coverages
from dashboard.text.numbers import grouped, percent, percentage
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, listing, plain, together
from dashboard.views.dark_knowledge.view_state import ViewState

if TYPE_CHECKING:
    from kdcore.metrics.risk_coverage import RiskCoverage

SAID = (0.8, 0.9, 0.95, 0.99)
"""The sentence above the figure speaks of the first of these coverages at which anybody errs."""
COVERAGES = (1.0, 0.99, 0.95, 0.9, 0.8, 0.5)
"""Those of the table."""
DRAWN = 100
"""Points of a curve; a tenth of them carry a mark."""


def draw(state: ViewState) -> None:
    """The sentence, the curves, and the table."""
    compared = state.compared
    found = risk_coverages(compared)
    st.container(key="risk_sentence").markdown(f"**{plain(coverage_sentence(compared, found))}**")
    _curves(state, found)
    risks = risk_frame(compared, found)
    st.html(_table(compared, risks))
    figure_downloads("risks", risks, picture=False)
    st.caption(
        _(
            "On {n} {split} images. A network is sure of an image as far as it believes in its own answer, at T = 1. At 100 % everything is answered: that is the error above. The area under the curve is the mean error over all shares: lower is better."
        ).format(n=grouped(compared.count), split=split_title(compared.split))
    )


@st.fragment
def _curves(state: ViewState, found: Sequence[RiskCoverage]) -> None:
    """The curves, and below them the share that is read off: the keyboard reaches it, and what it says is text."""
    compared = state.compared
    frame, begin = coverage_frame(compared, found), _first_drawn(found)
    top = float(frame.loc[frame["coverage"] >= begin, "risk"].max())
    place = st.container()
    offered = [hundredth / DRAWN for hundredth in range(max(1, round(DRAWN * begin)), DRAWN + 1)]
    share = st.select_slider(
        _("Answer the surest"),
        offered,
        max(telling_share(found), offered[0]),
        format_func=lambda one: percentage(one, 0),
        key="risk_coverage.share",
    )
    st.container(key="read_off").markdown(plain(read_off(compared, found, share)))
    with place:
        explored_figure(
            "risk_coverage",
            risk_coverage_figure(state.theme, frame, compared.roles, begin, top or 0.01, share),
            alt=_("Share of wrong answers against the share of images that is answered, the surest first"),
            save_as=after_shown_run("risk_coverage"),
        )
    figure_downloads("risk_coverage", frame, picture=False)


def read_off(compared: ComparedNetworks, found: Sequence[RiskCoverage], share: float) -> str:
    """What the curves say at this share of the images, network by network."""
    errors = listing(
        _("{network} on {errors}").format(network=name, errors=_said(one, share))
        for name, one in zip(compared.names, found, strict=True)
    )
    return _("Among the {share} of which each is surest, they err: {errors}.").format(
        share=percentage(share, 0), errors=errors
    )


def telling_share(found: Sequence[RiskCoverage]) -> float:
    """The first of the coverages that the sentence may speak of at which a network errs."""
    return next((share for share in SAID if any(_wrong(one, share) for one in found)), SAID[-1])


def _wrong(found: RiskCoverage, share: float) -> int:
    return round(float(found.errors[found.place(share)]))


def _first_drawn(found: Sequence[RiskCoverage]) -> float:
    """Where the axis begins: a tenth before the first error of any network, so that the curves are no flat lines."""
    first = min(
        (float(one.coverage[one.risk > 0].min()) for one in found if bool(one.errors[-1] > 0)), default=0
    )
    return max(0.0, math.ceil(10 * first) / 10 - 0.2)


def coverage_sentence(compared: ComparedNetworks, found: Sequence[RiskCoverage]) -> str:
    """How often each network errs among the share of the images of which it is surest."""
    share = telling_share(found)
    said = {network.role: _said(one, share) for network, one in zip(compared.shown, found, strict=True)}
    if STUDENT.name in said and TWIN.name in said and len(said) == len(compared.shown):
        sentence = _(
            "Among the {share} of which it is surest, the student errs on {student}, its twin on {twin}."
        ).format(share=percentage(share, 0), student=said[STUDENT.name], twin=said[TWIN.name])
        if TEACHER.name in said:
            sentence = together(
                [sentence, _("The teacher errs on {teacher}.").format(teacher=said[TEACHER.name])]
            )
        return together([sentence, _("This is one seed: another may differ.")])
    each = zip(compared.spoken, found, strict=True)
    errors = listing(
        _("{network} on {errors}").format(network=name, errors=_said(one, share)) for name, one in each
    )
    return _("Among the {share} of which each is surest, they err: {errors}.").format(
        share=percentage(share, 0), errors=errors
    )


def _said(found: RiskCoverage, share: float) -> str:
    """0.4 % (1 of 288)."""
    place = found.place(share)
    return _("{percent} ({errors} of {images})").format(
        percent=percent(float(found.risk[place]), len(found.risk)),
        errors=grouped(_wrong(found, share)),
        images=grouped(place + 1),
    )


def coverage_frame(compared: ComparedNetworks, found: Sequence[RiskCoverage]) -> pd.DataFrame:
    """Each network's curve, a hundredth of the images a row (see `charts.risk_coverage_curve`)."""
    rows = []
    for name, one in zip(compared.names, found, strict=True):
        places = {one.place(i / DRAWN): i % 10 == 0 for i in range(1, DRAWN + 1)}
        rows += [
            {
                "who": name,
                "coverage": float(one.coverage[place]),
                "risk": float(one.risk[place]),
                "errors": float(one.errors[place]),
                "images": place + 1,
                "confidence": float(one.confidence[place]),
                "marked": marked,
            }
            for place, marked in places.items()
        ]
    return pd.DataFrame(rows)


def risk_frame(compared: ComparedNetworks, found: Sequence[RiskCoverage]) -> pd.DataFrame:
    """The error at some coverages and the area under the curve, as shares: a network a row."""
    return pd.DataFrame(
        [
            {
                "who": name,
                **{f"error at {100 * c:.0f} %": float(one.risk[one.place(c)]) for c in COVERAGES},
                "area": one.area,
            }
            for name, one in zip(compared.names, found, strict=True)
        ]
    )


def _table(compared: ComparedNetworks, frame: pd.DataFrame) -> str:
    """The same as HTML."""
    heads = [_("wrong among the surest"), *(percentage(c, 0) for c in COVERAGES), _("area")]
    titles = ["", *[""] * len(COVERAGES), _("the mean error over all shares of the images")]
    rows = [
        [
            network_html(role, row["who"]),
            *(percent(row[name], compared.count) for name in frame.columns if name.startswith("error")),
            percentage(row["area"], 3),
        ]
        for role, (_i, row) in zip(compared.roles, frame.iterrows(), strict=True)
    ]
    return html_table(heads, rows, titles)
