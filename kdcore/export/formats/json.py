"""The experiment, which the page and the shell load again."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record
from kdcore.texts import N_

FORMAT = Format("json", N_("JSON"), N_("Experiment"), "experiment.json", "application/json")


def refusal(record: Record) -> str:
    """Every run has an experiment."""
    return ""


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """All fields; `python -m kdcore distill --experiment FILE` runs it again."""
    return {"experiment.json": (records[0].run.experiment.model_dump_json(indent=1) + "\n").encode()}
