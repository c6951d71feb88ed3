"""Early-stopped teacher: a teacher that learned for a share of the epochs only, on the student's own images."""

from __future__ import annotations

from functools import partial

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.methods.objectives import labels_alone, soft_targets_and_labels
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import TEACHERS_OWN, Card, Parameter, Stage
from kdcore.texts import N_

CARD = Card(
    name="early-stopped-teacher",
    title=N_("Early-stopped teacher"),
    transfers=N_("several teachers"),
    what=N_(
        "A large network learns from the labels for a share of the epochs, and teaches as it is then: what it says is "
        "simpler, and a small student can follow it. It takes the place of the run's teacher."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the logits of the teacher that was stopped early"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Cho and Hariharan 2019, On the efficacy of knowledge distillation, section 4 (early-stopped teachers)",
    cost=N_("A share of a training of a large network, and its forward pass at every step."),
    hurts=N_(
        "A student that could follow the whole teacher loses what it did not yet know. A teacher assistant is held "
        "against it (Mirzadeh et al. 2020)."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "network",
            0,
            0,
            len(networks.names()),
            N_("The network that is trained for a while: choose the teacher's own to compare."),
            "our choice",
            choices=(TEACHERS_OWN, *networks.names()),
        ),
        Parameter(
            "stopped_at",
            0.25,
            0.05,
            2.0,
            N_("For how many of the run's epochs it learns, as a share of them."),
            "our choice, near Cho and Hariharan 2019: 35 to 50 of 200 epochs",
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """First the teacher learns for its share of the epochs, then the student learns from it."""
    return [
        Stage(
            "the teacher learns for a while",
            {"early teacher": chosen(experiment, "network")},
            partial(labels_alone, network="early teacher"),
            share=parameters(experiment)["stopped_at"],
            before=True,
            from_labels_alone=True,
        ),
        Stage(
            "the student learns",
            {"student": experiment.student},
            partial(soft_targets_and_labels, teacher="early teacher"),
            frozen=("early teacher",),
        ),
    ]
