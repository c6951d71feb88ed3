"""Channel groups: several students, each on a group of the teacher's channels, and a layer that fuses what they learned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.networks.adapters import projection
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINT = "penultimate"

CARD = Card(
    name="channel-groups",
    title=N_("Channel groups and their fusion"),
    transfers=N_("features"),
    what=N_(
        "The teacher's last features are divided into groups. Each student imitates one group; a last layer reads all the "
        "imitations side by side, so that together they say what one student has no room for."
    ),
    formula=r"\mathcal{L} = \sum_{i=1}^{G} \Big[\mathrm{CE}(y, z_i) + g\,\overline{\big(r_i(s_i) - t_i\big)^2}\Big] + \mathrm{CE}\big(y, F(r_1(s_1), \dots, r_G(s_G))\big)",
    symbols={
        "z_i": N_("the logits of student i"),
        "y": N_("the label"),
        "s_i": N_("the last features of student i"),
        "t_i": N_("group i of the teacher's last features: neighbours, shared out evenly"),
        "G": N_("the number of groups and of students"),
        "r_i": N_("the adapter of student i; the line is the mean over everything"),
        "F": N_("the fusion: one linear layer on all imitations"),
        "g": N_("the weight on the groups"),
    },
    citation="Malik, Tharani, Haider, Rasheed and Taj 2020, Teacher-class network: a neural network compression mechanism, section 3 (there without logits of each student's own)",
    cost=N_("As many students as groups, and the teacher's forward pass on every batch."),
    hurts=N_("The student that is compared with its twin is one of several: alone it knows one group only."),
    parameters=(
        Parameter("groups", 2, 2, 4, N_("How many groups and students."), "our choice"),
        Parameter("group_weight", 1.0, 0.0, 100.0, N_("Weight on the groups."), "our choice"),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage in which all students and the fusion learn; the first student is the one compared with the twin.

    The fusion reads the imitations and sends no gradient to the students: each learns its group.
    """
    settings = parameters(experiment)
    count = int(settings["groups"])
    students = ["student", *(f"student {i}" for i in range(2, count + 1))]
    adapters = {f"group {i + 1}": partial(imitation, group=i, students=students) for i in range(count)}
    return [
        Stage(
            "groups",
            dict.fromkeys(students, experiment.student),
            partial(objective, students=students, weight=settings["group_weight"]),
            frozen=("teacher",),
            taps=dict.fromkeys([*students, "teacher"], (POINT,)),
            adapters={**adapters, "fusion": fusion},
            refuses=partial(refusal, count=count),
        )
    ]


def objective(batch: Batch, students: Sequence[str], weight: float) -> Sequence[Term | Figure]:
    """Each student: CE with the labels and its group. The fusion: CE with the labels."""
    teacher = batch.outputs["teacher"].features[POINT]
    terms: list[Term | Figure] = []
    imitations: list[Tensor] = []
    for i, name in enumerate(students):
        output = batch.outputs[name]
        hard = label_cross_entropy(output.logits, batch.labels, batch.label_smoothing)
        imitations.append(batch.adapt(f"group {i + 1}", output.features[POINT]))
        group = teacher[:, _group(teacher.shape[1], i, len(students))]
        terms += [
            Term(name, "labels", "labels", hard),
            Term(name, "group", "teacher", feature.hint(imitations[i], group), weight),
        ]
    fused = batch.adapt("fusion", torch.cat(imitations, dim=-1).detach())
    hard = label_cross_entropy(fused, batch.labels, batch.label_smoothing)
    right = (fused.argmax(-1) == batch.labels.index).float().mean(-1)
    return [
        *terms,
        Term("fusion", "labels", "labels", hard),
        Figure("fusion", "accuracy on the batch", right),
    ]


def imitation(shapes: Shapes, group: int, students: Sequence[str]) -> nn.Module:
    """The adapter from one student's features to its group of the teacher's channels."""
    channels = _group(shapes["teacher"][POINT][0], group, len(students))
    return projection(shapes[students[group]][POINT], len(channels))


def fusion(shapes: Shapes) -> nn.Module:
    """The layer from all imitations to logits."""
    return nn.Linear(shapes["teacher"][POINT][0], shapes["student"]["logits"][0])


def refusal(shapes: Shapes, count: int) -> str:
    """A teacher with fewer channels than groups leaves a student with nothing to learn."""
    width = shapes["teacher"][POINT][0]
    if width >= count:
        return ""
    return N_(f"The teacher has {width} channels for {count} groups. Choose fewer groups.")


def _group(width: int, group: int, count: int) -> range:
    """The channels of one of `count` groups of neighbours, as even as they can be."""
    return range(group * width // count, (group + 1) * width // count)
