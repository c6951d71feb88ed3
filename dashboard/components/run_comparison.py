"""Chosen runs beside each other: their curves on one pair of axes, what came of them, and where their settings differ."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pyarrow as pa
import streamlit as st

from dashboard.charts.run_overlay import (
    Metric,
    OverlaidRun,
    comparable,
    differing,
    metrics,
    overlay_frame,
    overlay_spec,
    result_frame,
    stroke,
)
from dashboard.components.figure_downloads import take_away
from dashboard.components.recipe import titled
from dashboard.components.result_tables import table
from dashboard.components.style import theme
from dashboard.data import method_cards, run_curves
from dashboard.text.field_labels import value_text
from dashboard.text.roles import STUDENT, TWIN
from dashboard.text.translation import _, plain


def compared_runs(shown: Sequence[OverlaidRun]) -> None:
    """Draw curves, results and settings of the runs."""
    _curves(shown)
    _results(shown)
    _settings(shown)


def _curves(shown: Sequence[OverlaidRun]) -> None:
    frame = overlay_frame(shown, [run_curves.errors(member.run) for member in shown])
    if len(frame) == 1:
        st.caption(_("None of these runs has a curve yet."))
        return
    key = _(
        "{student}: the students, each with its letter and dash · {twin}, grey: their twins (labels only)"
    )
    st.caption(key.format(student=STUDENT.mark, twin=TWIN.mark))
    alt = _("Validation error of the chosen runs' students and twins against epoch, on one pair of axes")
    with st.container(key="overlay"):
        st.vega_lite_chart(
            pa.Table.from_pandas(frame, preserve_index=False), overlay_spec(theme()), key="overlay_vega", width="stretch", alt=alt
        )  # fmt: skip
    take_away(
        "overlay",
        frame[frame["kind"].isin(["student", "twin"])][["kind", "run", "label", "x", "y"]],
    )


def _results(shown: Sequence[OverlaidRun]) -> None:
    runs = [member.run for member in shown]
    found = [metric for metric in metrics(runs) if any(value is not None for value in metric.values)]
    if not found:
        st.caption(_("None of these runs has been tested yet."))
        return
    differ = len(shown) > 1 and comparable(runs)
    head = (
        _("errors, test images; in brackets: difference from {first}") if differ else _("errors, test images")
    )
    heads = [head.format(first=shown[0].letter), *(metric.title for metric in found)]
    rows = [
        [_named(member), *(_cell(metric, place, differ) for metric in found)]
        for place, member in enumerate(shown)
    ]
    with st.container(key="results"):
        st.html(table(heads, rows))
    if not comparable(runs):
        st.caption(_("These runs were tested on different images: their errors cannot be subtracted."))
    st.caption(_("Each run is one seed."))
    take_away("results", result_frame(shown), picture=False)


def _named(member: OverlaidRun) -> str:
    line = f'<span class="stroke" style="background: {stroke(member.place, theme())}"></span>'
    return f'<span class="student who">{escape(member.letter)}</span> {line} {escape(member.name)}'


def _cell(metric: Metric, place: int, differ: bool) -> str:
    said, difference = escape(metric.said(place)), metric.difference(place)
    return f'{said} <span class="faint">({escape(difference)})</span>' if differ and difference else said


def _settings(shown: Sequence[OverlaidRun]) -> None:
    fields = differing([member.run for member in shown])
    if not fields:
        if len(shown) > 1:
            st.caption(_("All settings of these runs are the same."))
        return
    heads = [_("settings that differ"), *map(titled, fields)]
    rows = [
        [_named(member), *(escape(_value(field, values[place])) for field, values in fields.items())]
        for place, member in enumerate(shown)
    ]
    with st.container(key="settings"):
        st.html(table(heads, rows))
    st.caption(plain(_("All other settings are the same.")))


def _value(field: str, value: object) -> str:
    return (
        method_cards.method_titles().get(str(value), str(value)) if field == "method" else value_text(value)
    )
