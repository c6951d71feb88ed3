"""What a run shows while it trains and when it has ended: numbers, curves, pinned images, tables."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard import charts, library
from dashboard.components.figures import cost_table, headline, test_table
from dashboard.components.pinned import pinned_images
from dashboard.components.style import theme
from dashboard.curves import Curves
from dashboard.roles import STUDENT, TEACHER, TWIN, role
from dashboard.sentences import what_this_shows
from dashboard.texts import _
from kdcore.experiment import Experiment
from kdcore.runs.store import Run

CHART: Literal["stretch"] = "stretch"


def live(run: Run, form: str) -> None:
    """Everything that is drawn of a run. form: loss terms `raw` or `scaled`."""
    curves = library.curves(run)
    headline(curves, validation_images(run))
    error_chart(run, curves)
    if run.status in ("finished", "stopped"):
        ending(run, curves)
    inside(curves, form)
    pinned(run, curves)


def validation_images(run: Run) -> int:
    """How many validation images there are, once the results say so."""
    return int(run.results.get("dataset", {}).get("images", {}).get("validation", 0))


def error_chart(run: Run, curves: Curves) -> None:
    """The one large curve."""
    frame = charts.error_frame(curves, float(run.experiment.recipe.epochs))
    st.vega_lite_chart(frame, charts.error_spec(theme()), key="error_chart", width=CHART, alt=_alt(curves))
    st.caption(_("Shift and wheel: zoom. Shift and drag: move. Double click: back."))


def _alt(curves: Curves) -> str:
    said = [
        _("{who} {percent} %").format(who=role(name).label, percent=f"{100 * last:.1f}")
        for name in (TWIN.name, STUDENT.name)
        if (last := curves.curve(name, "val_error").last) is not None
    ]
    if (teacher := charts.teacher_error(curves)) is not None:
        said.insert(
            0, _("{who} {percent} %").format(who=role(TEACHER.name).label, percent=f"{100 * teacher:.1f}")
        )
    return _("Validation error against epoch. Now: {said}.").format(said=", ".join(said) or _("nothing yet"))


def inside(curves: Curves, form: str) -> None:
    """Loss terms, and gradients by side and by layer."""
    losses, sides, layers = st.columns(3)
    title = _("loss terms, raw") if form == "raw" else _("loss terms, as they enter the sum")
    with losses:
        st.vega_lite_chart(
            charts.loss_frame(curves, form), charts.named_spec(theme(), title), key="loss_chart", width=CHART,
            alt=_("The named terms of each network's loss against epoch, on a logarithmic axis."),
        )  # fmt: skip
    with sides:
        st.vega_lite_chart(
            charts.side_frame(curves), charts.named_spec(theme(), _("gradient norm, by side")), key="side_chart", width=CHART,
            alt=_("The norm of the gradient from the labels and from the teacher against epoch, on a logarithmic axis."),
        )  # fmt: skip
    with layers:
        st.vega_lite_chart(
            charts.layer_frame(curves), charts.layer_spec(theme(), _("gradient norm by layer, now")), key="layer_chart", width=CHART,
            alt=_("The newest gradient norm of each layer, from input to output, on a logarithmic axis."),
        )  # fmt: skip


def pinned(run: Run, curves: Curves) -> None:
    """Six validation images: the student's bars move toward the teacher's outlines."""
    temperature = temperature_now(run.experiment, curves)
    panels = charts.pinned(curves, temperature)
    if panels:
        st.markdown(
            "**" + _("Soft targets at T = {T}").format(T=f"{temperature:g}") + "** · "
            + _("outline: the teacher, bar: distilled, underlined: the label; a full line is {end} %").format(end=f"{100 * charts.bar_end(panels):.0f}")
        )  # fmt: skip
        pinned_images(panels, temperature, theme())


def temperature_now(experiment: Experiment, curves: Curves) -> float:
    """The run's temperature with its hot changes."""
    changes = [
        change["value"] for change in curves.of_kind("HotChange") if change["setting"] == "temperature"
    ]
    return float(changes[-1]) if changes else experiment.temperature


def ending(run: Run, curves: Curves) -> None:
    """The test table, what it shows, the costs, and what can be taken away."""
    said = what_this_shows(
        run.results, changed=bool(curves.of_kind("HotChange")), stopped=run.status == "stopped"
    )
    if said:
        st.subheader(_("What this shows"))
        st.html(f'<p class="says">{said}</p>')
        st.html(test_table(run.results))
        st.html(cost_table(run.results))
    st.download_button(
        _("Download the experiment (JSON)"), run.experiment.to_json(), f"stillroom-{run.experiment.hash}.json", "application/json",
        key="download", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
