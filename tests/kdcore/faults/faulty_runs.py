"""Short runs on digits with a fault, and what they measured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from kdcore.events import BatchMetrics, Event, Finished, Gradients, NoCommands, Trained, Validation
from kdcore.experiment import Experiment
from kdcore.pipelines import experiment_pipeline

SHORT = Experiment.from_flat(
    {
        "count": 300,
        "epochs": 20,
        "batch_size": 50,
        "learning_rate": 0.01,
        "teacher": "digits-mlp-300",
        "student": "mlp-30",
        "threads": 1,
    }
)


def events_of(experiment: Experiment, folder: Path) -> list[Event]:
    return [
        *experiment_pipeline.run(
            experiment, data_folder=folder / "data", runs_folder=folder / "runs", commands=NoCommands()
        )
    ]


class Measured:
    """The curves and results in a run's events."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = list(events)
        [self.results] = [event.results for event in self.events if isinstance(event, Finished)]
        self.weights = {event.role: event.tensors for event in self.events if isinstance(event, Trained)}

    def term(self, name: str, role: str = "student", *, scaled: bool = False) -> list[float]:
        """A loss term's values, oldest first."""
        return [
            term.scaled if scaled else term.raw
            for event in self.events
            if isinstance(event, BatchMetrics) and event.role == role
            for term in event.terms
            if term.name == name
        ]

    def gradients(self, side: str, role: str = "student") -> list[float]:
        """The norms of the gradient from one side, 0 where there is none."""
        return [
            event.sides.get(side, 0.0)
            for event in self.events
            if isinstance(event, Gradients) and event.role == role
        ]

    def validation_errors(self, role: str = "student") -> list[int]:
        return [e.errors for e in self.events if isinstance(e, Validation) and e.role == role]

    def student(self, figure: str) -> float:
        value: float = self.results["student"][figure]
        return value

    def twin(self, figure: str) -> float:
        value: float = self.results["twin"][figure]
        return value

    def same_networks(self, other: Measured) -> bool:
        """Whether twin and student ended with the same weights, up to the last digits of sums in another order."""
        return all(
            torch.allclose(tensor, other.weights[role][name], rtol=1e-2, atol=1e-3)
            for role in ("twin", "student")
            for name, tensor in self.weights[role].items()
        )
