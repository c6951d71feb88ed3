"""What the report says about several runs beside each other, computed from their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdcore.export.html_report.curves import students_chart
from kdcore.export.html_report.run_report import ROLES
from kdcore.export.html_report.setting_text import field_name, setting_text, value_text
from kdcore.export.html_report.svg_chart import LineChart
from kdcore.export.recorded_run import RecordedRun
from kdcore.runs import run_names


@dataclass(frozen=True)
class ReportedRun:
    """A run in the table of test figures; None for what it has not.

    Attributes:
        name: what sets it apart from the others.
        errors: test errors of teacher, twin and student.
        difference: the student's errors less the twin's.
        nll: the student's mean negative log-likelihood, in nats.
        ece: the student's expected calibration error, a share.
    """

    name: str
    errors: tuple[int | None, ...]
    difference: int | None
    nll: float | None
    ece: float | None


@dataclass(frozen=True)
class DifferingField:
    """A field in which the runs differ: its name, and its value in each run."""

    name: str
    values: list[str]


@dataclass(frozen=True)
class ComparisonReport:
    """The students' curves, the test figures, and the fields in which the runs differ."""

    students: LineChart
    runs: list[ReportedRun]
    differing: list[DifferingField]


def comparison_report(records: Sequence[RecordedRun]) -> ComparisonReport:
    """What the report says about these runs."""
    names = _names(records)
    compared = [_compared(name, record) for name, record in zip(names, records, strict=True)]
    return ComparisonReport(students_chart(records), compared, _differing(records))


def _names(records: Sequence[RecordedRun]) -> list[str]:
    """The runs by all in which they differ; by their titles where nothing differs."""
    names = run_names.run_names([record.run for record in records], setting_text)
    return [name or record.run.title or record.short_id for name, record in zip(names, records, strict=True)]


def _compared(name: str, record: RecordedRun) -> ReportedRun:
    results = record.run.results
    teacher, twin, student = (results.get(role, {}).get("test_errors") for role in ROLES)
    difference = None if twin is None or student is None else student - twin
    figures = results.get("student", {})
    return ReportedRun(
        name, (teacher, twin, student), difference, figures.get("test_nll"), figures.get("test_ece")
    )


def _differing(records: Sequence[RecordedRun]) -> list[DifferingField]:
    flat = [record.run.experiment.flat() for record in records]
    return [
        DifferingField(field_name(field), [value_text(values[field], field) for values in flat])
        for field in flat[0]
        if len({repr(values[field]) for values in flat}) > 1
    ]
