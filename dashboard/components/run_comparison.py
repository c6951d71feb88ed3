"""Chosen runs side by side: their curves on one pair of axes, their results, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pyarrow as pa
import streamlit as st

from dashboard.charts.run_line_styles import line_css
from dashboard.charts.run_overlay import MOST_LETTERED, overlay_frame, overlay_spec
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.style import theme
from dashboard.data import run_curves
from dashboard.data.compared_runs import ComparedRun, differing_fields
from dashboard.data.method_cards import value_title
from dashboard.data.run_metrics import RunMetric, run_metrics, run_metrics_frame, same_test_images
from dashboard.text.field_labels import field_title
from dashboard.text.roles import STUDENT, TWIN
from dashboard.text.translation import _, plain


def run_comparison(shown: Sequence[ComparedRun]) -> None:
    """Draw curves, results and settings of the runs."""
    _curves(shown)
    _results(shown)
    _settings(shown)


def _curves(shown: Sequence[ComparedRun]) -> None:
    frame = overlay_frame(shown, [run_curves.errors(member.run) for member in shown])
    if len(frame) == 1:
        st.caption(_("None of these runs has a curve yet."))
        return
    key = _(
        "{student}: the students, each with its letter and dash · {twin}, grey: their twins (labels only)"
    )
    texts = [key.format(student=STUDENT.mark, twin=TWIN.mark)]
    if len(shown) > MOST_LETTERED:
        texts.append(_("Point at a line to read which run it is."))
    st.caption(" · ".join(texts))
    alt = _("Validation error of the chosen runs' students and twins against epoch, on one pair of axes")
    with st.container(key="overlay"):
        st.vega_lite_chart(
            pa.Table.from_pandas(frame, preserve_index=False), overlay_spec(theme()), key="overlay_vega", width="stretch", alt=alt
        )  # fmt: skip
    figure_downloads(
        "overlay",
        frame[frame["kind"].isin(["student", "twin"])][["kind", "run", "label", "x", "y"]],
    )


def _results(shown: Sequence[ComparedRun]) -> None:
    runs = [member.run for member in shown]
    measured = [metric for metric in run_metrics(runs) if any(value is not None for value in metric.values)]
    if not measured:
        st.caption(_("None of these runs has been tested yet."))
        return
    differ = len(shown) > 1 and same_test_images(runs)
    head = (
        _("errors, test images; in brackets: difference from {first}") if differ else _("errors, test images")
    )
    heads = [head.format(first=shown[0].letter), *(metric.title for metric in measured)]
    rows = [
        [_named(member), *(_cell(metric, place, differ) for metric in measured)]
        for place, member in enumerate(shown)
    ]
    with st.container(key="results"):
        st.html(html_table(heads, rows))
    if not same_test_images(runs):
        st.caption(_("These runs were tested on different images: their errors cannot be subtracted."))
    st.caption(_("Each run is one seed."))
    figure_downloads("results", run_metrics_frame(shown), picture=False)


def _named(member: ComparedRun) -> str:
    line = f'<span class="stroke" style="background: {line_css(member.place, theme())}"></span>'
    return f'<span class="student who">{escape(member.letter)}</span> {line} {escape(member.name)}'


def _cell(metric: RunMetric, place: int, differ: bool) -> str:
    text, difference = escape(metric.text(place)), metric.difference(place)
    return f'{text} <span class="faint">({escape(difference)})</span>' if differ and difference else text


def _settings(shown: Sequence[ComparedRun]) -> None:
    fields = differing_fields([member.run for member in shown])
    if not fields:
        if len(shown) > 1:
            st.caption(_("All settings of these runs are the same."))
        return
    heads = [_("settings that differ"), *map(field_title, fields)]
    rows = [
        [_named(member), *(escape(value_title(field, values[place])) for field, values in fields.items())]
        for place, member in enumerate(shown)
    ]
    with st.container(key="settings"):
        st.html(html_table(heads, rows))
    st.caption(plain(_("All other settings are the same.")))
