"""The members of a cohort: each is one run of a method's plan, with its networks and its settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.plan import Shapes, Stage
from kdcore.recipe import Recipe

State = dict[str, Tensor]


@dataclass
class Member:
    """One run of a plan. The temperature and the weight on teacher may change while it trains.

    Attributes:
        role: The name of its student in events.
        key: Equal for members that share an objective.
        stages: The plan.
        init_seed: The seed of its student's first weights.
        temperature: T of the soft targets.
        teacher_weight: The share of the loss that comes from the teacher, 0 to 1.
        label_smoothing: The probability spread over all classes in the labels, 0 to 1.
        corrected_labels: The teacher's confidence above which its answer replaces the label; 1 corrects none.
        stream: The number of the data stream that its batches come from.
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
        """What events call a network of this member: the student by the member's role, others by their own name."""
        if network == "student":
            return self.role
        return network if self.role == "student" else f"{self.role}.{network}"

    def seed(self, network: str) -> int:
        """The seed of a network's first weights: twin and student share theirs, every other network has its own."""
        if network == "student":
            return self.init_seed
        digest = hashlib.sha256(f"{self.init_seed}/{network}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % (2**31)

    def stage_at(self, share: float) -> int:
        """The index of the stage that runs when `share` (0 to 1) of the steps are done."""
        total = sum(stage.share for stage in self.stages)
        end = 0.0
        for i, stage in enumerate(self.stages):
            end += stage.share / total
            if share < end - 1e-9:
                return i
        return len(self.stages) - 1


@dataclass(frozen=True)
class NetworkRef:
    """Names one network of a cohort: the index of its member, and its name in that member's plan."""

    member: int
    network: str


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network: its name in the network table, and its weights."""

    architecture: str
    weights: State


def shapes_of(architectures: Mapping[str, str], shape: tuple[int, int, int], classes: int) -> Shapes:
    """The sizes of one image's features and logits, by the networks' names in a plan."""
    features = {name: networks.feature_shapes(n, shape, classes) for name, n in architectures.items()}
    return features | {"images": {"pixels": shape}}


def member(
    role: str, experiment: Experiment, stages: Sequence[Stage], recipe: Recipe, init_seed: int
) -> Member:
    """The member that runs `stages` with the experiment's settings."""
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
