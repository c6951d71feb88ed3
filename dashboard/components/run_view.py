"""The view of a run: numbers, curves and pinned images while it trains, tables when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.charts import run_charts
from dashboard.charts.layer_gradients import layer_frame
from dashboard.charts.loss_and_gradient_curves import (
    gradient_side_frame,
    loss_frame,
    method_measure_frame,
)
from dashboard.charts.pinned_image_bars import pinned_panels, temperature_now
from dashboard.charts.validation_error_curve import (
    ghost_groups,
    validation_error_frame,
)
from dashboard.components.export_menu import export_menu
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.headline import headline, run_headline_html, tested_figures
from dashboard.components.live_run import live_address, live_chart, live_text
from dashboard.components.method_pictures import method_pictures_html
from dashboard.components.next_steps import next_steps
from dashboard.components.pinned_images import pinned_downloads, pinned_images
from dashboard.components.pinned_large import pinned_large
from dashboard.components.result_tables import cost_table, test_table
from dashboard.components.run_player import run_player
from dashboard.components.size_comparison import size_comparison
from dashboard.components.style import theme
from dashboard.data import method_cards, run_curves
from dashboard.data.curves import Curves
from dashboard.data.ghost_results import Ghost, ghost_before, ghost_behind
from dashboard.data.page_state import is_going_on
from dashboard.data.training_facts import training_facts
from dashboard.text.result_sentences import what_this_shows, why_so
from dashboard.text.roles import ROLES, Role, in_order, role
from dashboard.text.translation import _, language, plain, told
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import SHORT_ID
from kdcore.runs.run_record import Run

CHART, IMAGE = 1.9, 1.0
"""How the curve and the large image share the width."""


def _take_away(key: str, frame: pd.DataFrame, taken: str) -> None:
    """The downloads of a run's chart. taken: what its files are called; empty while it cannot be taken away."""
    if taken:
        name = f"{taken}-{key.removesuffix('_chart')}"
        figure_downloads(key, _numbers(frame), name=name, named=_drawn(frame))


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The numbers that a chart shows, without what only places its parts."""
    drawn = table[table["kind"].isin(["line", "flat"])]
    columns = {"label": "who", "text": "part", "x": "epoch", "layer": "layer", "y": "value"}
    return drawn[[name for name in columns if name in drawn]].rename(columns=columns)


def _drawn(table: pd.DataFrame) -> list[Role]:
    """The roles whose lines a chart has."""
    shown = {*table[table["kind"].isin(["line", "flat"])]["label"]}
    known = {one.label: one for one in ROLES.values()}
    return [known.get(label) or role(label) for label in in_order([*shown])]


def _frame(curves: Curves, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A chart's data; made once for all browsers that look at the run."""
    return curves.once((name, language()), make)


def preview(curves: Curves, draft: Experiment) -> None:
    """The frame that a run's numbers, its large curve and its large image will fill; an earlier result stands in it faintly."""
    ghost = ghost_before(draft)
    with st.container(key="headline"):
        headline(curves)
    with st.container(key="player"):
        st.html('<div class="player_place"></div>')
    large, image = st.columns([CHART, IMAGE], gap="medium")
    rows = validation_error_frame(curves, float(draft.recipe.epochs), ghost.lines if ghost else {})
    with large:
        _ghost_source(ghost)
    with large, st.container(key="error_chart"):
        chart = run_charts.error_chart(curves, theme())
        frame = pa.Table.from_pandas(rows, preserve_index=False)
        st.vega_lite_chart(frame, chart.spec, key="error_chart_vega", width="stretch", alt=chart.alt)
    image.caption(
        _("Here the student's answer to one validation image will be seen growing into the teacher's.")
    )


def run_overview(run: Run, curves: Curves, *, steers: bool) -> None:
    """The three numbers and the one large curve, and between them what goes back and forth through the run.

    steers: whether this browser may tell the run how fast to go.
    """
    how = _stream(run)
    with st.container(key="headline"):
        live_text("live_headline", slot="headline", initial=run_headline_html(run, curves), **how)
    with st.container(key="player"):
        run_player(run, steers=steers)
    chart, image = st.columns([CHART, IMAGE], gap="medium")
    with chart:
        _error_chart(run, curves)
    with image:
        pinned_large(**how)


def _ghost_source(ghost: Ghost | None) -> None:
    """What the faint lines are, above the chart; its line is kept where there are none, so that the chart stays in its place."""
    st.container(key="ghost").caption("\u00a0" if ghost is None else plain(ghost.source))


def _error_chart(run: Run, curves: Curves) -> None:
    chart = run_charts.error_chart(curves, theme())
    ghost = ghost_behind(run)
    behind = ghost_groups(ghost.lines) if ghost else []
    rows = [(*group.key, *row) for group in behind for row in group.rows]
    _ghost_source(ghost)
    live_chart(chart.key, rows=chart.rows, spec=chart.spec, alt=chart.alt, behind=rows, **_stream(run))
    if not is_going_on(run) and tested_figures(run):
        st.caption(
            _(
                "The curves: errors on validation images, during training. The numbers above: errors on the test images, which were used once, after training."
            )
        )
    for sentence in method_cards.plugin_differences(run):
        st.caption(plain(told(sentence)))
    for note in (run.results.get("dataset") or {}).get("notes", ()):
        st.caption(plain(_(note)))
    if taken := download_name(run):
        epochs = float(run.experiment.recipe.epochs)
        frame = _frame(curves, f"error {epochs}", lambda: validation_error_frame(curves, epochs))
        _take_away("error_chart", frame, taken)


def _stream(run: Run) -> dict[str, Any]:
    """Where the run's stream is, and whether the page is drawn as of its end."""
    return {"address": live_address(run.id), "over": not is_going_on(run)}


def trained_on_validation_note(experiment: Experiment) -> None:
    """Say above the curve that it shows nothing of unseen images, where it does not."""
    if experiment.train_on_validation:
        st.caption(
            _(
                "The validation images are trained on too: their error tells how well they are remembered. Only the test images, used at the end, are new to these networks."
            )
        )


def loss_and_gradients(run: Run, curves: Curves, form: str) -> None:
    """Loss terms, and gradients by side and by layer; a method's own figures where it has some."""
    frames: dict[str, Callable[[], pd.DataFrame]] = {
        "loss_chart": lambda: loss_frame(curves, form),
        "side_chart": lambda: gradient_side_frame(curves),
        "layer_chart": lambda: layer_frame(curves),
        "measured_chart": lambda: method_measure_frame(curves),
    }
    charts = run_charts.detail_charts(curves, form, theme())
    taken = download_name(run)
    for place, chart in zip(st.columns(len(charts)), charts, strict=True):
        frame = _frame(curves, chart.rows, frames[chart.key]) if taken else None
        if frame is not None and len(frame) < 2:
            continue  # a logarithmic axis without a row has no ends
        with place:
            live_chart(
                chart.key, rows=chart.rows, spec=chart.spec, alt=chart.alt, **chart.how, **_stream(run)
            )
            if frame is not None:
                _take_away(chart.key, frame, taken)


def pinned_soft_targets(run: Run, curves: Curves) -> None:
    """Six validation images: the student's bars move toward the teacher's outlines."""
    how = _stream(run)
    pinned_images(**how)
    if taken := download_name(run):
        panels = pinned_panels(curves, temperature_now(run.experiment, curves))
        if panels:
            pinned_downloads(panels, f"{taken}-soft-targets")
    newest = _("As they are at the newest step, not at the one that is shown:")
    live_text(
        "live_pictures",
        slot=f"pictures.{theme()}",
        initial=method_pictures_html(curves, theme()),
        earlier=newest,
        **how,
    )


def run_results(run: Run, curves: Curves, *, own: bool) -> None:
    """What the run shows, the tables of test figures and costs, and the exports. own: whether it is this browser's."""
    results = run_curves.results(run)
    why = method_cards.uncalibrated(run.experiment)
    if run.experiment.fault:  # its figures say nothing of the method: nothing is concluded from them
        if "student" in results:
            st.html(test_table(results, uncalibrated=bool(why)))
    elif sentences := _what_it_shows(run, curves):
        st.subheader(_("What this shows"), anchor=False)
        verdict, figures = sentences
        soft = not method_cards.unused(run.experiment, "temperature")
        because = why_so(training_facts(run), results, soft=soft)
        st.container(key="findings").markdown("\n\n".join(filter(None, [f"**{verdict}**", figures, because])))
        next_steps(run, results)
        st.html(test_table(results, uncalibrated=bool(why)))
        st.html(cost_table(results))
        size_comparison(run, own=own)
    export_menu([run])


def verdict_line(run: Run, curves: Curves) -> None:
    """What the run shows in one line, where nobody has to look for it; of what was left out there is more to say than that."""
    if not run.experiment.fault and not run.experiment.omit and (sentences := _what_it_shows(run, curves)):
        st.container(key="verdict").markdown(f"**{sentences[0]}**")


def _what_it_shows(run: Run, curves: Curves) -> tuple[str, str] | None:
    return what_this_shows(
        run_curves.results(run),
        uncalibrated=method_cards.uncalibrated(run.experiment),
        changed=bool(curves.of_kind("HotChange")),
        stopped=run.status == "stopped",
    )


def download_name(run: Run) -> str:
    """What the files of a run's figures are called; empty while it trains, when they cannot be downloaded yet."""
    return "" if is_going_on(run) else f"stillroom-{run.id[:SHORT_ID]}"
