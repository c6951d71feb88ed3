"""What came out of several runs, metric by metric, and how far each differs from the first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.data.compared_runs import ComparedRun
from dashboard.text.numbers import duration, percent, percentage, points, signed, with_others
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.translation import _
from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class RunMetric:
    """A column of the results.

    Attributes:
        title: what it is called.
        values: one per run, None where it was not measured.
        write: writes a value as text.
        differ: writes the difference of two values as text.
        others: of a time, with how many others each run shared it; such times are not subtracted.
    """

    title: str
    values: tuple[float | None, ...]
    write: Callable[[float], str]
    differ: Callable[[float], str]
    others: tuple[int, ...] = ()

    def text(self, place: int) -> str:
        """The value of the run at a place as text; a dash where it was not measured."""
        value = self.values[place]
        if value is None:
            return "–"
        written = self.write(value)
        return with_others(written, self.others[place]) if self.others else written

    def difference(self, place: int) -> str:
        """How far the run at a place differs from the first, as text; empty where it does not, or where that says nothing."""
        value, first = self.values[place], self.values[0]
        if value is None or first is None or value == first or any(self.others):
            return ""
        return self.differ(value - first)


def same_test_images(runs: Sequence[Run]) -> bool:
    """Whether the runs were tested on the same images, so that their errors may be subtracted."""
    images = {
        (run.experiment.dataset, run.experiment.image_size, tested)
        for run in runs
        if (tested := _test_figure(run, "student", "test_images"))
    }
    return len(images) <= 1


def run_metrics(runs: Sequence[Run]) -> list[RunMetric]:
    """What came out of the runs, one value per run, None where it was not measured."""
    images = int(max((_test_figure(run, "student", "test_images") or 0 for run in runs), default=0))

    def of(role: str, figure: str) -> tuple[float | None, ...]:
        return tuple(_test_figure(run, role, figure) for run in runs)

    student, twin = of("student", "test_errors"), of("twin", "test_errors")
    apart = tuple(None if a is None or b is None else a - b for a, b in zip(student, twin, strict=True))
    error = tuple(None if value is None else 1 - value for value in of("student", "test_accuracy"))
    took = tuple(run.active or None for run in runs)
    others = tuple(run.others for run in runs)

    def counts(value: float) -> str:
        return f"{value:,.0f}"

    parameters = of("student", "parameters")
    columns = [
        RunMetric(f"{STUDENT.mark} {STUDENT.label}", student, counts, signed),
        RunMetric(f"{TWIN.mark} {TWIN.label}", twin, counts, signed),
        RunMetric(_("errors, student − twin"), apart, signed, signed),
        RunMetric(f"{TEACHER.mark} {TEACHER.label}", of("teacher", "test_errors"), counts, signed),
        RunMetric(_("error"), error, lambda v: percent(v, images), lambda d: points(d, images)),
        RunMetric(_("NLL"), of("student", "test_nll"), "{:.3f}".format, lambda d: signed(d, 3)),
        RunMetric(_("ECE"), of("student", "test_ece"), lambda v: percentage(v, 1), lambda d: signed(100 * d, 1)),
        RunMetric(_("took"), took, duration, lambda d: _("{s} s").format(s=signed(d)), others),
    ]  # fmt: skip
    if len(set(parameters)) > 1:
        columns.append(RunMetric(_("parameters"), parameters, counts, signed))
    return columns


def _test_figure(run: Run, role: str, figure: str) -> float | None:
    tested = run.results.get(role)
    value = tested.get(figure) if isinstance(tested, Mapping) else None
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def run_metrics_frame(shown: Sequence[ComparedRun]) -> pd.DataFrame:
    """The results as numbers, one row per run, for the download."""
    columns = {metric.title: metric.values for metric in run_metrics([member.run for member in shown])}
    names = {_("run"): [member.title for member in shown], "id": [member.run.id for member in shown]}
    others = [member.run.others for member in shown]
    shared = {_("trained with others"): others} if any(others) else {}
    return pd.DataFrame(names | columns | shared)
