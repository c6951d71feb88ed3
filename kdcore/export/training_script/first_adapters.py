"""The modules that learn beside the student, as they are before the first step, and their source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcore.experiment import Experiment
from kdcore.networks import Shape

if TYPE_CHECKING:
    from torch import nn


def first_adapters(experiment: Experiment, teacher: str, shape: Shape, classes: int) -> dict[str, nn.Module]:
    """The adapters of the experiment's method by name, with the first weights that a run gives them; most methods have none.

    teacher: the name of its network. shape, classes: of the images.

    Raises:
        NetworkRefused: the images do not suit one of the networks.
    """
    from kdcore.methods.stages import stages_of
    from kdcore.training.cohort_state import CohortState
    from kdcore.training.members import NetworkRef, TrainedNetwork, member
    from kdcore.training.network_builder import NetworkBuilder

    stages = stages_of(experiment)
    student = member("student", experiment, stages, experiment.recipe, experiment.init_seed)
    builder = NetworkBuilder([student], {"teacher": TrainedNetwork(teacher, {})}, shape, classes, "cpu")
    return {
        name: builder.adapter(name, NetworkRef(0, f"adapter:{name}"), stages[0], CohortState())
        for name in stages[0].adapters
    }


def adapter_sources(experiment: Experiment, teacher: str, shape: Shape, classes: int) -> dict[str, str]:
    """The call that makes each adapter; empty where a layer cannot be written so.

    Raises:
        NetworkRefused: as `first_adapters` does.
    """
    from kdcore.export.layer_source import layer_source

    adapters = first_adapters(experiment, teacher, shape, classes)
    return {name: layer_source(module) for name, module in adapters.items()}
