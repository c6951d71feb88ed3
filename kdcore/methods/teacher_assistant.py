"""Teacher assistant: a network between teacher and student in size learns first, and then teaches the student."""

from __future__ import annotations

from functools import partial

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.methods.settings import chosen
from kdcore.plan import Card, Parameter, Stage
from kdcore.texts import N_

CARD = Card(
    name="teacher-assistant",
    title=N_("Teacher assistant"),
    transfers=N_("several teachers"),
    what=N_(
        "The teacher teaches a network of middle size before the run begins; the student learns from that one alone."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(a/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        "z": N_("the student's logits"),
        "a": N_("the assistant's logits, who learned from the teacher by the same formula"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Mirzadeh, Farajtabar, Li, Levine, Matsukawa and Ghasemzadeh 2020, Improved knowledge distillation via teacher assistant, section 3",
    cost=N_("A whole training of the assistant before the student's."),
    hurts=N_(
        "What the assistant did not learn, the student cannot. A teacher that is not much larger than the student needs none; "
        "stopping the teacher early is held against it (Cho and Hariharan 2019)."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "assistant",
            networks.names().index("mlp-128"),
            0,
            len(networks.names()) - 1,
            N_("The network between teacher and student in size."),
            "our choice",
            choices=tuple(networks.names()),
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """First the assistant learns from the teacher, then the student from the assistant."""
    return [
        Stage(
            "the assistant learns",
            {"assistant": chosen(experiment, "assistant")},
            partial(soft_targets_and_labels, student="assistant"),
            frozen=("teacher",),
            before=True,
        ),
        Stage(
            "the student learns",
            {"student": experiment.student},
            partial(soft_targets_and_labels, teacher="assistant"),
            frozen=("assistant",),
        ),
    ]
