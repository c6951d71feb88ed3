"""Experiments in which a fault can be had at all."""

from __future__ import annotations

from typing import Any

from kdcore.experiment import Experiment

NEEDS: dict[str, dict[str, Any]] = {
    "stored-logits-under-augmentation": {"shift": 2},
    "teacher-in-training-mode": {"teacher": "resnet8", "teacher_epochs": 5},
    "logits-averaged": {"method": "ensemble-of-teachers"},
    "chosen-on-test": {
        "keep": "best",
        "count": 300,
        "epochs": 12,
        "schedule": "constant",
        "learning_rate": 0.03,
    },
    "log-of-softmax": {"temperature": 0.25},
}
"""What a fault needs that a short run on digits has not."""


def suited(name: str, experiment: Experiment) -> Experiment:
    """The experiment with what the fault needs."""
    return experiment.with_flat(**NEEDS.get(name, {}))
