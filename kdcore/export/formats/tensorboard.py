"""The curves as TensorBoard's event files: one folder per network, so that it overlays them."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_curves
from kdcore.faults.badge import badge
from kdcore.runs.curve_store import Point
from kdcore.texts import N_

FORMAT = ExportFormat(
    "tensorboard",
    N_("TensorBoard"),
    N_("Curves"),
    "tensorboard",
    "application/zip",
    several_runs=True,
    slow=True,
    is_folder=True,
)

TESTED = ("test_errors", "test_nll", "test_ece", "parameters")
Setting = bool | int | float | str


def refusal(record: RecordedRun) -> str:
    """A run needs curves."""
    return refusal_without_curves(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """`[<run>/]<role>/events.out.tfevents...`: tags are the series, those of earlier phases after the phase's name.

    Each network has the experiment's fields and its test figures for the tab hparams. A run with a fault on purpose lies in a
    folder that says so. An event has the time at which it was measured; where an older record did not note it, that at which the run was created.
    """
    files = {}
    for record in records:
        above = f"{record.short_id}/" if len(records) > 1 else ""
        if marked := badge(record.run.experiment.fault):
            above += f"{re.sub(r'[^a-z0-9]+', '-', marked.lower())}/"
        for role in dict.fromkeys(point.role for point in record.points):
            own = [point for point in record.points if point.role == role]
            path = f"{above}{role.replace(' ', '-')}/events.out.tfevents.{int(record.run.created)}.stillroom"
            files[path] = _events(own, record.times, record.run.created, session(record, role))
    return files


def session(record: RecordedRun, role: str) -> tuple[dict[str, Setting], dict[str, float]]:
    """What the hparams tab shows of a network: the experiment's fields and which network it is, and its test figures."""
    tested = record.run.results.get(role)
    tested = tested if isinstance(tested, dict) else {}
    settings = {
        name: _setting(value) for name, value in record.run.experiment.flat().items() if value is not None
    }
    about = {"run": record.short_id, "role": role, "architecture": str(tested.get("network", ""))}
    figures = {f"hparam/{name}": float(tested[name]) for name in TESTED if name in tested}
    return settings | about, figures


def _setting(value: Any) -> Setting:
    """A field as the tab sorts and filters it: a number, a word or yes and no."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def _events(
    points: Sequence[Point],
    times: Mapping[int, float],
    created: float,
    about: tuple[dict[str, Setting], dict[str, float]],
) -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter
    from torch.utils.tensorboard.summary import hparams

    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    began = min((times.get(point.seq, created) for point in points), default=created)
    writer.write(Event(wall_time=began, file_version="brain.Event:2").SerializeToString())
    settings, figures = about
    summaries = [*hparams(settings, figures)]
    summaries += [
        Summary(value=[Summary.Value(tag=tag, simple_value=value)]) for tag, value in figures.items()
    ]
    for summary in summaries:
        writer.write(Event(wall_time=began, summary=summary).SerializeToString())
    for point in points:
        if math.isfinite(point.value):
            value = Summary.Value(tag=_tag(point), simple_value=point.value)
            measured = times.get(point.seq, created)
            event = Event(wall_time=measured, step=point.step, summary=Summary(value=[value]))
            writer.write(event.SerializeToString())
    return buffer.getvalue()


def _tag(point: Point) -> str:
    series = (
        point.series.replace(".", "/", 1)
        if point.series.startswith(("loss.", "grad.", "measured."))
        else point.series
    )
    return series if point.phase == "students" else f"{point.phase}/{series}"
