"""Experiments in which a fault can be had at all."""

from __future__ import annotations

from typing import Any

from kdcore.experiment import Experiment

NEEDS: dict[str, dict[str, Any]] = {}
"""What a fault needs that a short run on digits has not."""


def suited(name: str, experiment: Experiment) -> Experiment:
    """The experiment with what the fault needs."""
    return experiment.with_flat(**NEEDS.get(name, {}))
