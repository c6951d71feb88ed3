"""A small recipe, and what the tests of exports ask of a run."""

from __future__ import annotations

from collections.abc import Callable

import torch

from kdcore import export
from kdcore.export import ExportOptions
from kdcore.export.recorded_run import RecordedRun
from kdcore.inference import models

SMALL = {
    "count": 300, "epochs": 10, "batch_size": 50, "teacher": "digits-mlp-300", "student": "mlp-30", "learning_rate": 0.01,
}  # fmt: skip

Finished = Callable[..., RecordedRun]
ALL = {"teacher", "twin", "student"}


def packed_export(name: str, record: RecordedRun, **options: str) -> bytes:
    return export.export_runs(name, [record], ExportOptions(**options)).packed()


def pixels(record: RecordedRun, count: int = 7) -> torch.Tensor:
    shape = record.run.results["dataset"]["shape"]
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(1))


def expected(record: RecordedRun, images: torch.Tensor, role: str = "student") -> torch.Tensor:
    """What the network says, normalised by hand."""
    about = record.run.results["dataset"]
    mean, std = (torch.tensor(about[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    return models.network(record.model(role))((images - mean) / std)
