"""Who learns in a cohort: a member is one run of a method's plan, its networks and its settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from kdcore import networks
from kdcore.experiment import Experiment, Recipe
from kdcore.plan import Shapes, Stage

State = dict[str, Tensor]


@dataclass
class Member:
    """One run of a plan. `key` groups members that share an objective; T and the weight may change while it runs.

    stream: which of the cohort's data streams its batches come from.
    """

    role: str
    key: str
    stages: Sequence[Stage]
    init_seed: int
    temperature: float = 1.0
    teacher_weight: float = 0.0
    label_smoothing: float = 0.0
    corrected_labels: float = 1.0
    stream: int = 0

    def network_role(self, network: str) -> str:
        """How a network of this member is called in events: the student by the member's role, others by their own name."""
        if network == "student":
            return self.role
        return network if self.role == "student" else f"{self.role}.{network}"

    def seed(self, network: str) -> int:
        """First weights: a twin and its student share theirs, further networks each have their own."""
        if network == "student":
            return self.init_seed
        digest = hashlib.sha256(f"{self.init_seed}/{network}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % (2**31)

    def stage_at(self, share: float) -> int:
        """Which stage runs when `share` (0 to 1) of the steps is done."""
        total = sum(stage.share for stage in self.stages)
        end = 0.0
        for i, stage in enumerate(self.stages):
            end += stage.share / total
            if share < end - 1e-9:
                return i
        return len(self.stages) - 1


@dataclass(frozen=True)
class NetworkRef:
    """Where a member's network sits: which member, and its name in the plan."""

    member: int
    network: str


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network: its name in the table and its weights."""

    architecture: str
    weights: State


def shapes_of(architectures: Mapping[str, str], shape: tuple[int, int, int], classes: int) -> Shapes:
    """The sizes of one image's features and logits, by the networks' names in a plan."""
    features = {name: networks.feature_shapes(n, shape, classes) for name, n in architectures.items()}
    return features | {"images": {"pixels": shape}}


def member(
    role: str, experiment: Experiment, stages: Sequence[Stage], recipe: Recipe, init_seed: int
) -> Member:
    """One run of `stages` with the experiment's settings."""
    key = f"{experiment.method}/{sorted(experiment.parameters.items())}/{recipe.label_smoothing}/{experiment.corrected_labels}/{stages[0].learns}"
    return Member(
        role,
        key,
        stages,
        init_seed,
        experiment.temperature,
        experiment.teacher_weight,
        recipe.label_smoothing,
        experiment.corrected_labels,
    )
