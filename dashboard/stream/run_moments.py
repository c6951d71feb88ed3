"""The steps of a run that a page can go back to: what is written there of each, in words and numbers."""

from __future__ import annotations

from dashboard.charts.curve_rows import ChartRows, Row, RowGroup
from dashboard.charts.pinned_image_bars import temperature_now
from dashboard.charts.validation_error_curve import validation_error_rows
from dashboard.components.headline import headline_figures, headline_html
from dashboard.data.curves import Curves
from dashboard.data.run_progress import moment_text
from dashboard.text.roles import TWIN
from kdcore.runs.run_record import Run

STUDENTS = "students"
"""The phase whose steps these are."""


class RunMoments:
    """The validated steps of one run in one language; each is written once, the newest anew at every reading."""

    def __init__(self) -> None:
        self._cuts = 0
        self._written: dict[float, Row] = {}

    def rows(self, run: Run, curves: Curves) -> ChartRows:
        """One group of rows, (epoch, [step, text, top of the error axis, temperature, headline]), oldest first.

        Empty until it is known how many steps an epoch has.
        """
        per_epoch = _steps_per_epoch(run)
        if run.cuts != self._cuts:
            self._cuts, self._written = run.cuts, {}
        epochs = _validated(curves) if per_epoch else []
        # What belongs to the newest step may still be on its way.
        self._written = {epoch: self._written[epoch] for epoch in epochs[:-1] if epoch in self._written}
        for epoch in epochs:
            if epoch not in self._written:
                self._written[epoch] = (epoch, _moment(run, curves.until(epoch), epoch, per_epoch))
        rows = [self._written[epoch] for epoch in epochs]
        return ChartRows([RowGroup("moment", "", "", "", rows)] if rows else [])


def _moment(run: Run, then: Curves, epoch: float, per_epoch: float) -> list[object]:
    step, epochs = round(epoch * per_epoch), run.experiment.recipe.epochs
    text = moment_text(step, round(epochs * per_epoch), epoch, epochs)
    top = validation_error_rows(then, float(epochs)).top
    return [
        step,
        text,
        top,
        temperature_now(run.experiment, then),
        headline_html(headline_figures(then), unbiased=bool(run.experiment.omit)),
    ]


def _validated(curves: Curves) -> list[float]:
    """The epochs at which those that learn here were validated; a twin that another run trained has all of its own at once."""
    roles = curves.roles("val_error")
    learning = [name for name in roles if name != TWIN.name] or roles
    return sorted({epoch for name in learning for epoch in curves.curve(name, "val_error").epochs})


def _steps_per_epoch(run: Run) -> float:
    progress = run.progress
    if progress.get("phase") != STUDENTS or not progress.get("epochs"):
        return 0.0
    return float(progress["steps"]) / float(progress["epochs"])
