"""The experiment, which the page and the shell load again."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun
from kdcore.texts import N_

FORMAT = ExportFormat("json", N_("JSON"), N_("Experiment"), "experiment.json", "application/json")


def refusal(record: RecordedRun) -> str:
    """Every run has an experiment."""
    return ""


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """All fields; `python -m kdcore distill --experiment FILE` runs it again."""
    return {"experiment.json": (records[0].run.experiment.model_dump_json(indent=1) + "\n").encode()}
