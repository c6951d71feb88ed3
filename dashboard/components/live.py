"""What is drawn of a run: numbers, curves and pinned images while it trains, tables when it has ended."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard import charts
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


def overview(curves: Curves, epochs: int) -> None:
    """The three numbers and the one large curve."""
    headline(curves)
    frame = charts.error_frame(curves, float(epochs))
    st.vega_lite_chart(frame, charts.error_spec(theme()), key="error_chart", width=CHART, alt=_alt(curves))


def _alt(curves: Curves) -> str:
    lasts = {name: curves.curve(name, "val_error").last for name in (TWIN.name, STUDENT.name)}
    said = [
        _("{who} {percent} %").format(who=role(name).label, percent=f"{100 * last:.1f}")
        for name, last in {TEACHER.name: charts.teacher_error(curves), **lasts}.items()
        if last is not None
    ]
    return _("Validation error against epoch. Now: {said}.").format(said=", ".join(said) or _("nothing yet"))


def inside(curves: Curves, form: str) -> None:
    """Loss terms, and gradients by side and by layer; a method's own figures where it has some."""
    title = _("loss terms, raw") if form == "raw" else _("loss terms, as they enter the sum")
    measured = charts.measured_frame(curves)
    places = st.columns(3 if measured is None else 4)
    with places[0]:
        st.vega_lite_chart(
            charts.loss_frame(curves, form),
            charts.named_spec(theme(), title),
            key="loss_chart",
            width=CHART,
            alt=_("The named terms of each network's loss against epoch, on a logarithmic axis."),
        )
    with places[1]:
        st.vega_lite_chart(
            charts.side_frame(curves),
            charts.named_spec(theme(), _("gradient norm, by side")),
            key="side_chart",
            width=CHART,
            alt=_(
                "The norm of the gradient from the labels and from the teacher, against epoch, on a logarithmic axis."
            ),
        )
    with places[2]:
        st.vega_lite_chart(
            charts.layer_frame(curves),
            charts.layer_spec(theme(), _("gradient norm by layer, now")),
            key="layer_chart",
            width=CHART,
            alt=_("The newest gradient norm of each layer, from input to output, on a logarithmic axis."),
        )
    if measured is not None:
        with places[3]:
            st.vega_lite_chart(
                measured,
                charts.named_spec(theme(), _("what the method measures")),
                key="measured_chart",
                width=CHART,
                alt=_("The method's own figures against epoch, on a logarithmic axis."),
            )


def pinned(run: Run, curves: Curves) -> None:
    """Six validation images: the student's bars move toward the teacher's outlines."""
    temperature = temperature_now(run.experiment, curves)
    panels = charts.pinned(curves, temperature)
    if not panels:
        return
    title = _("Soft targets at T = {T}").format(T=f"{temperature:g}")
    key = _("outline: the teacher, bar: distilled, underlined: the label; a full line is {end} %")
    st.markdown(f"**{title}** · {key.format(end=f'{100 * charts.bar_end(panels):.0f}')}")
    pinned_images(panels, temperature, theme())


def temperature_now(experiment: Experiment, curves: Curves) -> float:
    """The run's temperature with its hot changes."""
    changes = [
        change["value"] for change in curves.of_kind("HotChange") if change["setting"] == "temperature"
    ]
    return float(changes[-1]) if changes else experiment.temperature


def ending(run: Run, curves: Curves) -> None:
    """What the run shows, the test table, the costs, and what can be taken away."""
    changed, stopped = bool(curves.of_kind("HotChange")), run.status == "stopped"
    if said := what_this_shows(run.results, changed=changed, stopped=stopped):
        st.subheader(_("What this shows"), anchor=False)
        st.container(key="says").markdown(said)
        st.html(test_table(run.results))
        st.html(cost_table(run.results))
    st.download_button(
        _("Download the experiment (JSON)"),
        run.experiment.to_json(),
        f"stillroom-{run.experiment.hash}.json",
        "application/json",
        key="download",
        on_click="ignore",
        icon=":material/download:",
    )
