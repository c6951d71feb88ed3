"""The twin: the same student trained on the labels alone, the baseline of every distillation."""

from __future__ import annotations

from kdcore.experiment import Experiment

DEFAULT = Experiment()
TWIN = "twin"
"""Its role in a run."""
STUDENT = "student"
"""The role of the network that it is the twin of."""


def twin_of(experiment: Experiment) -> Experiment:
    """The experiment's twin: the same student on labels alone, with defaults wherever only distillation reads a field."""
    default = DEFAULT.flat()
    unread = {name: default[name] for name in default if is_distillation_field(name)}
    return experiment.with_flat(**unread | {"method": "labels-only", "parameters": {}})


def is_distillation_field(name: str) -> bool:
    """Whether a field, or a method's own setting, has no effect on a network that learns from labels alone."""
    named = ("method", "parameters", "temperature", "corrected_labels", "teacher")
    return name in (*named, "logit_shift", "fixed_logits") or name.startswith(("teacher_", "parameters."))
