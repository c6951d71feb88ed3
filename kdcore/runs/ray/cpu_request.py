"""How many processors of the cluster a run asks for."""

from __future__ import annotations

from pathlib import Path

from kdcore import teachers
from kdcore.data import catalogue
from kdcore.errors import StillroomError
from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.networks import cost
from kdcore.system import threads


def wanted_cpus(experiment: Experiment, runs_folder: Path, most: int) -> int:
    """Processors for the threads that the networks to be trained take, at most `most`.

    What cannot be known here takes one: its node will say what is wrong with it.
    """
    try:
        entry = catalogue.entry(experiment.dataset)
        trained = {name for stage in stages_of(experiment) for name in stage.learns.values()}
        if teachers.find(experiment.teacher, runs_folder) is None:
            trained.add(experiment.teacher)
        side = entry.size or experiment.image_size
        shape, classes = (entry.channels, side, side), entry.classes or 10
        macs = max(cost.describe(name, shape, classes).macs for name in trained)
    except StillroomError:
        return 1
    return threads.thread_count(experiment.threads, macs, most)
