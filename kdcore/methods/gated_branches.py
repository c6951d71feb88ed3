"""Gated branches (ONE): heads on one trunk, whose gated mixture teaches each of them while all learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy, soft_target_divergence, squared
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="gated-branches",
    title=N_("Gated branches (ONE)"),
    transfers=N_("responses, between branches"),
    what=N_(
        "Further branches grow out of the student, and a gate mixes their logits with the student's own. The mixture is "
        "the teacher of all branches, in the same training. The branches are thrown away in the end."
    ),
    formula=r"\mathcal{L} = \sum_i \mathrm{CE}(y, z_i) + \mathrm{CE}(y, e) + T^2 \sum_i \mathrm{KL}\big(\mathrm{softmax}(e/T)\,\|\,\mathrm{softmax}(z_i/T)\big),\quad e = \sum_i g_i z_i",
    symbols={
        "z": N_("the logits of branch i; the student's own are one of them"),
        "e": N_("the mixture's logits"),
        "g": N_("the gate's weights for an image, above 0 and summing to 1"),
        "y": N_("the label"),
        "T": N_("the temperature"),
    },
    citation="Lan, Zhu and Gong 2018, Knowledge distillation by on-the-fly native ensemble, section 3",
    cost=N_("Each branch's forward and backward pass from its point on; no teacher."),
    hurts=N_(
        "Branches that share nearly all of the network say the same, and their mixture knows no more than each of them."
    ),
    uses=("temperature",),
    parameters=(
        Parameter(
            "branches",
            1,
            0,
            3,
            N_("How many branches grow beside the student's own head."),
            "Lan et al. 2018: three branches in all",
            choices=("1", "2", "3", "4"),
        ),
        Parameter(
            "point",
            1,
            0,
            1,
            N_("Where they leave the student: a perceptron has only its last hidden layer, penultimate."),
            "our choice; Lan et al. 2018 share all but the last block",
            choices=("middle", "penultimate"),
        ),
        Parameter(
            "teach_weight",
            1.0,
            0.0,
            10.0,
            N_("Weight on the mixture as teacher."),
            "Lan et al. 2018, section 3",
        ),
    ),
    views=("curve",),
)


class Branch(nn.Module):
    """A hidden layer of the feature's own width, and a classifier: [N, channels, h, w] or [N, width] -> [N, classes]."""

    def __init__(self, feature: tuple[int, ...], classes: int) -> None:
        super().__init__()
        width = feature[0]
        self.layers = nn.Sequential(
            *(
                [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                if len(feature) == 3
                else [nn.Linear(width, width), nn.ReLU()]
            ),
            *([nn.AdaptiveAvgPool2d(1), nn.Flatten()] if len(feature) == 3 else []),
            nn.Linear(width, classes),
        )

    def forward(self, feature: Tensor) -> Tensor:
        """Logits [N, classes]."""
        logits: Tensor = self.layers(feature)
        return logits


class Gate(nn.Module):
    """The weights of the branches for each image, from the shared feature averaged over positions: [N, branches]."""

    def __init__(self, width: int, branches: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(width, branches)

    def forward(self, feature: Tensor) -> Tensor:
        """Weights above 0 that sum to 1, [N, branches]."""
        pooled = feature.mean(dim=(2, 3)) if feature.dim() == 4 else feature
        weights: Tensor = self.weigh(pooled).softmax(dim=-1)
        return weights


def branch(point: str) -> Callable[[Shapes], nn.Module]:
    """The builder of a branch that leaves the student at `point`."""
    return lambda shapes: Branch(shapes["student"][point], shapes["student"]["logits"][0])


def gate(point: str, branches: int) -> Callable[[Shapes], nn.Module]:
    """The builder of a gate that sees the student's feature at `point`."""
    return lambda shapes: Gate(shapes["student"][point][0], branches)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: student, branches and gate learn together."""
    point, count = chosen(experiment, "point"), int(chosen(experiment, "branches"))
    weight = parameters(experiment)["teach_weight"]
    names = [f"branch {i + 1}" for i in range(count)]

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """CE for the student, each branch and the mixture; T^2 KL from the mixture, taken as fixed, to each."""
        student = batch.outputs["student"]
        feature = student.features[point]
        heads = {"student": student.logits} | {name: batch.adapt(name, feature) for name in names}
        weights = batch.adapt("gate", feature)
        mixed = (torch.stack(list(heads.values()), dim=-1) * weights.unsqueeze(-2)).sum(dim=-1)
        found: list[Term | Figure] = []
        for name, logits in [*heads.items(), ("mixture", mixed)]:
            hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
            found.append(Term(name, "labels", "labels", hard))
        for name, logits in heads.items():
            taught = soft_target_divergence(logits, mixed, batch.temperature)
            found.append(Term(name, "mixture", "peer", taught, weight * squared(batch.temperature)))
        return [*found, Figure("student", "its own weight in the mixture", weights[..., 0].mean(dim=-1))]

    return [
        Stage(
            "student and branches",
            {"student": experiment.student},
            objective,
            taps={"student": (point,)},
            adapters={name: branch(point) for name in names} | {"gate": gate(point, count + 1)},
        )
    ]
