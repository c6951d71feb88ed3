"""Students trained otherwise on the same images, to see whether something simpler explains a gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.methods.registry import cards

CHANGES: dict[str, Mapping[str, Any]] = {
    "smoothing": {"method": "labels-only", "parameters": {}, "label_smoothing": 0.1},
    "clean": {"method": "labels-only", "parameters": {}, "label_noise": 0.0},
    "T=1": {"temperature": 1.0},
}
"""The fields in which a control differs; further ones are named on methods' cards (`argmax`: the teacher's answers)."""


ORACLE = "oracle"
"""The control that learns from the truth itself in place of its teacher, unsoftened, where the dataset's truth is known."""


def control(experiment: Experiment, name: str) -> Experiment:
    """The experiment with the control in place of its method.

    Raises:
        InvalidExperiment: there is no such control.
    """
    if name in CHANGES:
        return experiment.with_flat(**CHANGES[name])
    if name == ORACLE:
        return experiment.with_flat(teacher=f"{experiment.dataset}-oracle", temperature=1.0)
    for card in cards():
        if name in card.controls:
            return experiment.with_flat(method=card.name, parameters=dict(card.controls[name]))
    raise InvalidExperiment(f"There is no control '{name}'.")
