"""The charts that draw from a run's stream: which rows each takes, how it is drawn, and what it shows in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.charts.layer_gradients import layer_spec
from dashboard.charts.loss_and_gradient_curves import named_curves_spec
from dashboard.charts.validation_error_curve import validation_error_spec
from dashboard.charts.vega import Spec
from dashboard.data.curves import Curves
from dashboard.text.roles import Theme
from dashboard.text.translation import _
from kdcore.texts import N_

SIDES, LAYERS, MEASURED = (
    N_("gradient norm, by side"),
    N_("gradient norm by layer, now"),
    N_("what the method measures"),
)


@dataclass(frozen=True)
class RunChart:
    """A chart.

    Attributes:
        key: its name on the page.
        rows: the name of its rows in the stream.
        spec: how it is drawn.
        alt: what it shows.
        how: what else its component is told (see `dashboard.components.live_run.live_chart`).
    """

    key: str
    rows: str
    spec: Spec
    alt: str
    how: dict[str, Any]


def error_chart(curves: Curves, theme: Theme) -> RunChart:
    """The large curve: validation errors against epoch."""
    alt = (
        _("Validation error of the teacher, the twin (labels only) and the student (distilled) against epoch")
        if curves.asks_teacher
        else _("Validation error of the twin (labels only) and the student against epoch")
    )
    return RunChart("error_chart", "error", validation_error_spec(theme), alt, {})


def detail_charts(curves: Curves, form: str, theme: Theme) -> list[RunChart]:
    """Loss terms, gradients by side and by layer, and a method's own figures where it has some. form: raw or scaled."""
    charts = [
        _named("loss_chart", f"loss.{form}", loss_title(form), theme),
        _named("side_chart", "side", _(SIDES), theme),
        RunChart(
            "layer_chart",
            "layer",
            layer_spec(theme, _(LAYERS)),
            _(LAYERS),
            {"latest": "layer", "logarithmic": True},
        ),
    ]
    if curves.roles("measured."):
        charts.append(_named("measured_chart", "measured", _(MEASURED), theme))
    return charts


def loss_title(form: str) -> str:
    """What the chart of loss terms is called."""
    return _("loss terms, each by itself") if form == "raw" else _("loss terms, as they enter the sum")


def _named(key: str, rows: str, title: str, theme: Theme) -> RunChart:
    alt = _("{title}, against epoch, on a logarithmic axis").format(title=title)
    return RunChart(key, rows, named_curves_spec(theme, title), alt, {"logarithmic": True})
