"""The view of a run: numbers, curves and pinned images while it trains, tables when it has ended."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.charts.layer_gradients import layer_frame, layer_spec
from dashboard.charts.loss_and_gradient_curves import (
    gradient_side_frame,
    loss_frame,
    method_measure_frame,
    named_curves_spec,
)
from dashboard.charts.pinned_image_bars import (
    pinned_legend,
    pinned_panels,
    pinned_title,
    temperature_now,
)
from dashboard.charts.validation_error_curve import validation_error_frame, validation_error_spec
from dashboard.charts.vega import Spec
from dashboard.components.export_menu import export_menu
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.headline import headline, headline_figures, headline_html
from dashboard.components.live_run import live_address, live_chart, live_pinned, live_text
from dashboard.components.method_pictures import method_pictures
from dashboard.components.pinned_images import pinned_images
from dashboard.components.result_tables import cost_table, test_table
from dashboard.components.style import theme
from dashboard.data import method_cards, run_curves, sweep_link
from dashboard.data.curves import Curves
from dashboard.data.page_state import is_going_on
from dashboard.pages import SWEEP, page_at
from dashboard.text.result_sentences import what_this_shows
from dashboard.text.roles import ROLES, Role, in_order, role
from dashboard.text.translation import _, language, ngettext
from dashboard.url.parameters import Param
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import SHORT_ID
from kdcore.runs.run_record import Run
from kdcore.studies.sweep_findings import FIRST_SEEDS
from kdcore.texts import N_

SIDES, LAYERS, MEASURED = (
    N_("gradient norm, by side"),
    N_("gradient norm by layer, now"),
    N_("what the method measures"),
)


def _chart(key: str, frame: pa.Table, spec: Spec, alt: str, taken: str = "") -> None:
    """A chart that stays in its place while its frame grows: neither its key nor its specification nor its alt may change.

    taken: what its files are called, where it can be taken away: of a run that has ended.
    """
    with st.container(key=key):
        st.vega_lite_chart(frame, spec, key=f"{key}_vega", width="stretch", alt=alt)
    if taken:
        named = _drawn(frame)
        figure_downloads(key, _numbers(frame), name=f"{taken}-{key.removesuffix('_chart')}", named=named)


def _numbers(frame: pa.Table) -> pd.DataFrame:
    """The numbers that a chart shows, without what only places its parts."""
    table: pd.DataFrame = frame.to_pandas()
    drawn = table[table["kind"].isin(["line", "flat"])]
    columns = {"label": "who", "text": "part", "x": "epoch", "layer": "layer", "y": "value"}
    return drawn[[name for name in columns if name in drawn]].rename(columns=columns)


def _drawn(frame: pa.Table) -> list[Role]:
    """The roles whose lines a chart has."""
    lines = zip(frame["kind"].to_pylist(), frame["label"].to_pylist(), strict=True)
    shown = {label for kind, label in lines if kind in ("line", "flat")}
    known = {one.label: one for one in ROLES.values()}
    return [known.get(label) or role(label) for label in in_order([*shown])]


def _logarithmic(key: str, frame: pa.Table, spec: Spec, alt: str, taken: str) -> None:
    """A chart on a logarithmic axis: not drawn before it has a row besides the extent, since the axis has no ends until then."""
    if frame.num_rows > 1:
        _chart(key, frame, spec, alt, taken)


def _frame(curves: Curves, name: str, make: Callable[[], pd.DataFrame]) -> pa.Table:
    """A chart's data as they are sent; made once for all browsers that watch the run."""
    return curves.once((name, language()), lambda: pa.Table.from_pandas(make(), preserve_index=False))


def run_overview(curves: Curves, epochs: int, taken: str = "") -> None:
    """The three numbers and the one large curve."""
    with st.container(key="headline"):
        headline(curves)
    frame = _frame(
        curves,
        f"error {epochs}",
        lambda: validation_error_frame(curves, float(epochs)),
    )
    _chart("error_chart", frame, validation_error_spec(theme()), _overview_alt(curves), taken)


def live_overview(run: Run, curves: Curves) -> None:
    """The same of a run that goes on, drawn from its stream."""
    address = live_address(run.id)
    with st.container(key="headline"):
        live_text("live_headline", address, "headline", headline_html(headline_figures(curves)))
    live_chart("error_chart", address, "error", validation_error_spec(theme()), _overview_alt(curves))


def trained_on_validation_note(experiment: Experiment) -> None:
    """Say above the curve that it shows nothing of unseen images, where it does not."""
    if experiment.train_on_validation:
        st.caption(
            _(
                "The validation images are trained on too: their error tells how well they are remembered. Only the test images, asked at the end, are new to these networks."
            )
        )


def _overview_alt(curves: Curves) -> str:
    return (
        _("Validation error of the teacher, the twin (labels only) and the student (distilled) against epoch; the numbers above are its newest points")
        if curves.asks_teacher
        else _("Validation error of the twin (labels only) and the student against epoch; the numbers above are its newest points")
    )  # fmt: skip


def loss_and_gradients(curves: Curves, form: str, taken: str = "") -> None:
    """Loss terms, and gradients by side and by layer; a method's own figures where it has some."""
    measured = bool(curves.roles("measured."))
    places = st.columns(4 if measured else 3)
    with places[0]:
        frame = _frame(curves, f"loss {form}", lambda: loss_frame(curves, form))
        _named("loss_chart", frame, loss_title(form), taken)
    with places[1]:
        frame = _frame(curves, "side", lambda: gradient_side_frame(curves))
        _named("side_chart", frame, _(SIDES), taken)
    with places[2]:
        frame = _frame(curves, "layer", lambda: layer_frame(curves))
        _logarithmic("layer_chart", frame, layer_spec(theme(), _(LAYERS)), _(LAYERS), taken)
    if measured:
        with places[3]:
            frame = _frame(curves, "measured", lambda: method_measure_frame(curves))
            _named("measured_chart", frame, _(MEASURED), taken)


def live_loss_and_gradients(run: Run, form: str, measured: bool) -> None:
    """The same of a run that goes on, drawn from its stream; `measured`: its method has figures of its own."""
    address = live_address(run.id)
    charts = [
        ("loss_chart", f"loss.{form}", loss_title(form)),
        ("side_chart", "side", _(SIDES)),
        ("layer_chart", "layer", _(LAYERS)),
        *([("measured_chart", "measured", _(MEASURED))] if measured else []),
    ]
    for place, (key, rows, title) in zip(st.columns(len(charts)), charts, strict=True):
        spec, alt = named_curves_spec(theme(), title), _named_alt(title)
        if rows == "layer":
            spec, alt = layer_spec(theme(), title), title
        with place:
            live_chart(key, address, rows, spec, alt, logarithmic=True)


def loss_title(form: str) -> str:
    """What the chart of loss terms is called."""
    return _("loss terms, raw") if form == "raw" else _("loss terms, as they enter the sum")


def _named(key: str, frame: pa.Table, title: str, taken: str) -> None:
    _logarithmic(key, frame, named_curves_spec(theme(), title), _named_alt(title), taken)


def _named_alt(title: str) -> str:
    return _("{title}, against epoch, on a logarithmic axis").format(title=title)


def pinned_soft_targets(run: Run, curves: Curves, taken: str = "") -> None:
    """Six validation images: the student's bars move toward the teacher's outlines."""
    temperature = temperature_now(run.experiment, curves)
    panels = pinned_panels(curves, temperature)
    if not panels:
        return
    st.markdown(f"**{pinned_title(temperature)}** · {pinned_legend(panels, curves.asks_teacher)}")
    pinned_images(panels, temperature, theme(), f"{taken}-soft-targets" if taken else "")
    method_pictures(curves, theme())


def live_pinned_soft_targets(run: Run) -> None:
    """The same of a run that goes on, drawn from its stream."""
    address = live_address(run.id)
    live_pinned("live_pinned", address)
    live_text("live_pictures", address, f"pictures.{theme()}")


def run_results(run: Run, curves: Curves) -> None:
    """What the run shows, the tables of test figures and costs, and the exports."""
    changed, stopped = bool(curves.of_kind("HotChange")), run.status == "stopped"
    results = run_curves.results(run)
    why = method_cards.uncalibrated(run.experiment)
    if sentences := what_this_shows(results, uncalibrated=why, changed=changed, stopped=stopped):
        st.subheader(_("What this shows"), anchor=False)
        verdict, figures = sentences
        st.container(key="findings").markdown(f"**{verdict}**\n\n{figures}")
        _to_more_seeds(run)
        st.html(test_table(results, uncalibrated=bool(why)))
        st.html(cost_table(results))
    export_menu([run])


def _to_more_seeds(run: Run) -> None:
    """One seed tells little: the link to the same recipe with more of them."""
    st.page_link(
        page_at(SWEEP),
        label=ngettext("The same with {n} seed", "The same with {n} seeds", FIRST_SEEDS).format(
            n=FIRST_SEEDS
        ),
        icon=":material/arrow_forward:",
        query_params={Param.SELECTED: run.id} | sweep_link.link_to_seeds(run.experiment, FIRST_SEEDS),
    )


def download_name(run: Run) -> str:
    """What the files of a run's figures are called; empty while it trains, when they cannot be downloaded yet."""
    return "" if is_going_on(run) else f"stillroom-{run.id[:SHORT_ID]}"
