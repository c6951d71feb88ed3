"""Networks that a method trains beforehand are found again, bit for bit what training them gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from kdcore.events import Finished, NoCommands, Phase, Trained
from kdcore.experiment import Experiment
from kdcore.pipelines import experiment_pipeline
from kdcore.pipelines.preparation import PREPARATION

BASE = Experiment.from_flat(
    {
        "count": 60,
        "epochs": 2,
        "batch_size": 20,
        "student": "mlp-12",
        "teacher": "digits-mlp-300",
        "threads": 1,
    }
)


def run(
    experiment: Experiment, folder: Path
) -> tuple[list[str], dict[str, dict[str, Tensor]], dict[str, Any]]:
    """The phases, the final weights by role, and the results."""
    phases, weights, results = [], {}, {}
    for event in experiment_pipeline.run(
        experiment, data_folder=folder / "data", runs_folder=folder / "runs", commands=NoCommands()
    ):
        match event:
            case Phase():
                phases.append(event.name)
            case Trained():
                weights[event.role] = dict(event.tensors)
            case Finished():
                results = dict(event.results)
    return phases, weights, results


@pytest.mark.parametrize(
    "method", ["ensemble-of-teachers", "route", "early-stopped-teacher", "teacher-assistant"]
)
def test_a_found_preparation_gives_the_same_students(method: str, tmp_path: Path) -> None:
    experiment = BASE.with_flat(method=method)
    first, trained, before = run(experiment, tmp_path)
    again, found, after = run(experiment, tmp_path)
    assert PREPARATION in first
    assert PREPARATION not in again
    assert (before.get("preparation_found"), after["preparation_found"]) == (None, True)
    for role in ("twin", "student"):
        assert all(torch.equal(found[role][name], tensor) for name, tensor in trained[role].items())
    assert after["processor_seconds"][PREPARATION] == pytest.approx(
        before["processor_seconds"][PREPARATION], abs=1e-3
    )
    assert {
        name: r["test_errors"] for name, r in before.items() if isinstance(r, dict) and "test_errors" in r
    } == {name: r["test_errors"] for name, r in after.items() if isinstance(r, dict) and "test_errors" in r}


def test_further_teachers_serve_other_settings_of_the_method_and_other_students(tmp_path: Path) -> None:
    experiment = BASE.with_flat(method="ensemble-of-teachers")
    run(experiment, tmp_path)
    same: list[dict[str, Any]] = [
        {"temperature": 9.0},
        {"student": "mlp-16"},
        {"parameters": {"combined_by": 1}},
    ]
    for changes in same:
        assert PREPARATION not in run(experiment.with_flat(**changes), tmp_path)[0], changes
    others: list[dict[str, Any]] = [
        {"order_seed": 1},
        {"epochs": 3},
        {"parameters": {"further": 2}},
        {"label_noise": 0.2},
    ]
    for changes in others:
        assert PREPARATION in run(experiment.with_flat(**changes), tmp_path)[0], changes
    assistant = BASE.with_flat(method="teacher-assistant")
    run(assistant, tmp_path)
    assert PREPARATION in run(assistant.with_flat(temperature=9.0), tmp_path)[0], (
        "it learns at that temperature"
    )
