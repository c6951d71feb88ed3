"""The curves of a run, or of several, as the report draws them."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.html_report.svg_chart import LineChart, SvgLine
from kdcore.export.recorded_run import RecordedRun
from kdcore.texts import N_
from kdcore.translation import say

Points = list[tuple[float, float]]


def error_chart(record: RecordedRun) -> LineChart:
    """Validation error against epoch, a line per network; a teacher that was trained before is a level line."""
    students = [p for p in record.points if p.phase == "students" and p.series == "val_error"]
    roles = list(dict.fromkeys(point.role for point in students))
    lines = [SvgLine(role, say(role), _percent(_curve(record, role, "val_error"))) for role in roles]
    teacher = [
        point.value for point in record.points if (point.role, point.series) == ("teacher", "val_error")
    ]
    if teacher and "teacher" not in roles and lines:
        end = max(x for line in lines for x, _ in line.points)
        lines.append(
            SvgLine("teacher", say(N_("teacher")), _percent([(0.0, teacher[-1]), (end, teacher[-1])]))
        )
    title = (
        say(N_("Validation error in percent against epoch, on images that were trained on too"))
        if record.run.experiment.train_on_validation
        else say(N_("Validation error in percent against epoch"))
    )
    return LineChart(lines, title, say(N_("epoch")), say(N_("validation error, %")))


def loss_chart(record: RecordedRun) -> LineChart:
    """The loss terms, as they enter the sum, against epoch; a line per network and term."""
    named = dict.fromkeys(
        (p.role, p.series)
        for p in record.points
        if p.phase == "students" and p.series.startswith("loss.") and p.series.endswith(".scaled")
    )
    lines: list[SvgLine] = []
    for role, series in named:
        label = series.removeprefix("loss.").removesuffix(".scaled")
        turn = sum(line.role == role for line in lines)
        lines.append(
            SvgLine(
                role,
                say(N_("{name}: {what}")).format(name=say(role), what=say(label)),
                _curve(record, role, series),
                turn,
            )
        )
    return LineChart(
        lines,
        say(N_("Loss terms against epoch, logarithmic")),
        say(N_("epoch")),
        say(N_("nats per image")),
        log=True,
    )


def students_chart(records: Sequence[RecordedRun]) -> LineChart:
    """Validation error of each run's student against epoch, a line per run, labelled by its number."""
    lines = [
        SvgLine("student", f"{turn + 1}", _percent(_curve(record, "student", "val_error")), turn)
        for turn, record in enumerate(records)
    ]
    title = say(N_("Validation error of each run's student in percent against epoch"))
    return LineChart(lines, title, say(N_("epoch")), say(N_("validation error, %")))


def _curve(record: RecordedRun, role: str, series: str) -> Points:
    """(epoch, value) while the students were trained."""
    wanted = (role, series, "students")
    return [(p.epoch, p.value) for p in record.points if (p.role, p.series, p.phase) == wanted]


def _percent(points: Points) -> Points:
    return [(epoch, 100 * share) for epoch, share in points]
