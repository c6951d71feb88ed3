"""Which fields of an experiment a sweep can vary, and how the values of a setting replace those of its base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.experiment_fields import PARAMETER_PREFIX

SEED_FIELDS = ("init_seed", "order_seed", "noise_seed")
"""Fields that a sweep sets to each member's seed."""
FIXED_FIELDS = (*SEED_FIELDS, "device", "threads", "parameters", "fault")
"""Fields that a sweep cannot vary."""


def seeded(experiment: Experiment, seed: int) -> Experiment:
    """The experiment with another seed for weights, batches and transfer set; its split and its teacher stay."""
    return experiment.with_flat(**dict.fromkeys(SEED_FIELDS, seed))


def with_setting(base: Experiment, setting: Mapping[str, Any]) -> Experiment:
    """The base with one setting of a sweep. Another method starts from its own defaults, a fraction replaces a count.

    Raises:
        InvalidExperiment: a field that a sweep cannot vary, or a value out of its bounds.
    """
    flat: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for name, value in setting.items():
        if name in FIXED_FIELDS:
            raise InvalidExperiment(
                f"A sweep cannot vary {name}. It varies seeds by itself (seeds = how many)."
            )
        if name.startswith(PARAMETER_PREFIX):
            parameters[name.removeprefix(PARAMETER_PREFIX)] = value
        else:
            flat[name] = value
    if flat.get("method", base.method) != base.method:
        flat["parameters"] = {}
    if flat.get("fraction", 1.0) != 1.0:
        flat["count"] = None
    changed = base.with_flat(**flat)
    if not parameters:
        return changed
    return changed.with_flat(parameters={**changed.parameters, **parameters})


def setting_of(experiment: Experiment, names: Sequence[str]) -> dict[str, Any]:
    """The experiment's values of these fields."""
    flat = experiment.flat()
    return {
        name: experiment.parameters[name.removeprefix(PARAMETER_PREFIX)]
        if name.startswith(PARAMETER_PREFIX)
        else flat[name]
        for name in names
    }


def numeric_range(values: Sequence[Any]) -> tuple[float, float] | None:
    """The smallest and the largest value; None unless all are numbers."""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return None
    return min(values), max(values)


def is_logarithmic(low: float, high: float) -> bool:
    """Whether a range is searched on a logarithmic scale: it spans a factor of ten or more."""
    return low > 0 and high / low >= 10
