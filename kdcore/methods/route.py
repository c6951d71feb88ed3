"""Route: the student follows the way that a large network took, from one of its earlier states to the next."""

from __future__ import annotations

from functools import partial

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.methods.objectives import labels_alone, soft_targets_and_labels
from kdcore.methods.settings import chosen
from kdcore.plan import TEACHERS_OWN, Card, Parameter, Stage
from kdcore.texts import N_

CARD = Card(
    name="route",
    title=N_("Route: the teacher's past as a curriculum"),
    transfers=N_("several teachers"),
    what=N_(
        "A large network is trained, and its state is kept at equal distances on the way. The student learns from the "
        "first of these guides, then from the next: each is a little further than the student is."
    ),
    formula=r"\mathcal{L}_i = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(g_i/T)\,\|\,\mathrm{softmax}(z/T)\big),\quad i = 1, \dots, k",
    symbols={
        "z": N_("the student's logits"),
        "g": N_("the logits of guide i, the same network at a later time than guide i - 1"),
        "k": N_("the number of guides"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Jin, Peng, Wu, Liu, Liu, Liang, Yan and Hu 2019, Knowledge distillation via route constrained optimization, section 3",
    cost=N_("One training of the large network, and the forward pass of one guide at every step."),
    hurts=N_(
        "Of a short run each guide gets only a part, and what the last one knows is taught in that part alone."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "network",
            0,
            0,
            len(networks.names()),
            N_("The large network whose states guide: choose the teacher's own to compare."),
            "our choice",
            choices=(TEACHERS_OWN, *networks.names()),
        ),
        Parameter(
            "guides",
            1,
            0,
            2,
            N_("How many states of it are kept, at equal distances."),
            "our choice",
            choices=("2", "3", "4"),
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """First the guides, each going on from the one before; then the student learns from one after the other."""
    network, count = chosen(experiment, "network"), int(chosen(experiment, "guides"))
    guides = [f"guide {i + 1}" for i in range(count)]
    before = [
        Stage(
            f"{guide} learns",
            {guide: network},
            partial(labels_alone, network=guide),
            share=1 / count,
            starts_from={guide: earlier} if earlier else {},
            before=True,
            from_labels_alone=True,
        )
        for earlier, guide in zip(["", *guides], guides, strict=False)
    ]
    student = {"student": experiment.student}
    return before + [
        Stage(f"from {guide}", student, partial(soft_targets_and_labels, teacher=guide), (guide,))
        for guide in guides
    ]
