"""A run with a fault that is resumed from its middle ends in the weights of one that was not interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from kdcore.events import Checkpoint, Command
from kdcore.faults.registry import faults
from kdcore.pipelines import experiment_pipeline
from tests.kdcore.faults.faulty_runs import SHORT, Measured, events_of
from tests.kdcore.faults.suited import suited


class PausedOnce:
    """Pauses the students' training at a step, for a moment."""

    def __init__(self, at: int) -> None:
        self.left = at

    def poll(self) -> list[Command]:
        self.left -= 1
        return [Command("pause")] if self.left == 0 else []

    def wait(self) -> Sequence[Command]:
        return [Command("resume")]


@pytest.mark.parametrize("name", faults())
def test_it_ends_as_if_nothing_had_happened(name: str, tmp_path: Path) -> None:
    experiment = suited(name, SHORT.with_flat(epochs=4, count=100)).with_flat(fault=name, temperature=4.0)
    whole = Measured(events_of(experiment, tmp_path))  # a teacher that it trains is kept from here on
    folders = {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}
    stored = None
    for event in experiment_pipeline.run(experiment, commands=PausedOnce(5), **folders):
        if isinstance(event, Checkpoint) and event.phase == "students":
            tensors = {place: tensor.clone() for place, tensor in event.tensors.items()}
            stored = Checkpoint(event.phase, event.step, tensors, event.values)
            break
    assert stored is not None
    assert 0 < stored.step < 8
    resumed = Measured(experiment_pipeline.run(experiment, commands=PausedOnce(-1), resume=stored, **folders))
    for role in ("twin", "student"):
        for place, tensor in whole.weights[role].items():
            assert torch.equal(tensor, resumed.weights[role][place]), (role, place)
