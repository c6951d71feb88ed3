"""What a method costs beside its networks: how long the steps of a run's students took over what is reckoned of their networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore.experiment import Experiment
from kdcore.pipelines.checks import stages_for
from kdcore.pipelines.students import STUDENTS
from kdcore.pipelines.time_estimate import NetworkCost, students_seconds

LEAST = 0.1
"""Of what the students took is left to their steps, where their validations are reckoned too long."""


def observed(experiment: Experiment, results: Mapping[str, Any], speed: Mapping[str, float]) -> float | None:
    """How many times as long the students' steps of a finished run took as is reckoned; None where its time does not say it.

    It does not where the run had a fault on purpose, stopped early, took a twin from another run, or chose threads or a device of its own.

    Args:
        experiment: what was run.
        results: of the run.
        speed: of this machine, as `time_estimate.measure` returned it.
    """
    whole = results["epochs"] == experiment.recipe.epochs and "twin_run" not in results
    if experiment.fault or not whole or experiment.threads or results["device"] != "cpu":
        return None
    dataset = results["dataset"]
    shape, classes, images = tuple(dataset["shape"]), len(dataset["classes"]), dataset["images"]
    teacher = results["teacher"]["network"] if "teacher" in results else experiment.teacher
    stages = stages_for(experiment, teacher, shape, classes)
    cost = NetworkCost(speed, shape, classes, results["precision"])
    reckoned = students_seconds(experiment, cost, stages, images["transfer"], images["validation"])
    # On a busy machine the processor's own time is the shorter: what others held it for is no cost of the method's.
    took = min(float(results[clock][STUDENTS]) for clock in ("seconds", "processor_seconds"))
    return max(took - reckoned.validations, LEAST * took) / reckoned.steps
