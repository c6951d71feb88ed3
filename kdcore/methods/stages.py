"""The stages of an experiment: what its method plans for it."""

from __future__ import annotations

from kdcore import plugins
from kdcore.experiment import Experiment
from kdcore.methods.registry import method, planned
from kdcore.methods.settings import parameters
from kdcore.plan import Stage


def stages_of(experiment: Experiment) -> list[Stage]:
    """The stages of the experiment's method, its parameters checked against the card.

    Raises:
        InvalidExperiment: an unknown method, a parameter that its card does not name, or one out of bounds.
    """
    parameters(experiment)
    found = method(experiment.method)
    return planned(found, experiment) if plugins.is_brought(experiment.method) else found.plan(experiment)


def asks_teacher(experiment: Experiment) -> bool:
    """Whether any stage of the experiment's method asks the teacher.

    Raises:
        InvalidExperiment: as `stages_of` does.
    """
    return experiment.corrected_labels < 1 or any(
        "teacher" in (*stage.frozen, *stage.starts_from.values()) for stage in stages_of(experiment)
    )


def uncalibrated(experiment: Experiment) -> str:
    """Why the student's probabilities cannot be taken at their word, as the rest of such a sentence; empty where they can.

    A student that gives the teacher no weight learns from the labels, whatever its method.

    Raises:
        InvalidExperiment: as `stages_of` does.
    """
    card, settings = method(experiment.method).CARD, parameters(experiment)
    if "teacher_weight" in card.uses and experiment.teacher_weight == 0:
        return ""
    asked = all(settings[name] == value for name, value in card.uncalibrated_with.items())
    return card.uncalibrated if asked else ""
