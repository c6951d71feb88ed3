"""The teacher's layers: the student begins with those of the teacher's weights that fit, and goes on from there."""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.plan import Card, Notes, Stage, TransferView
from kdcore.texts import N_

CARD = Card(
    name="teacher-layers",
    title=N_("The teacher's layers to begin with"),
    transfers=N_("structure"),
    what=N_(
        "The student begins with every weight of the teacher whose name and size are its own, and then learns from soft "
        "targets. Choose a student of the teacher's family, as wide and less deep."
    ),
    formula=r"\theta_i \leftarrow \theta^{v}_i \ \text{where names and sizes agree};\quad \mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        r"\theta": N_("a layer's weights, the student's and (with v) the teacher's"),
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Sanh, Debut, Chaumond and Wolf 2019, DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter, section 3 (student initialisation)",
    cost=N_("That of soft targets: taking the weights costs nothing."),
    hurts=N_(
        "Where hardly a weight fits, it is soft targets from other first weights; layers torn from their neighbours can "
        "also be a worse beginning than chance."
    ),
    uses=("temperature", "teacher_weight"),
    views=("curve",),
)


def agreement(view: TransferView) -> Notes:
    """How often the student answers as the teacher before it has learned: with nothing taken over, about as chance has it."""
    same = view.logits("student").argmax(dim=-1) == view.logits("teacher").argmax(dim=-1)
    return Notes(measured={"agrees with the teacher before training": same.float().mean().item()})


def plan(experiment: Experiment) -> list[Stage]:
    """One stage that begins with what fits of the teacher."""
    return [
        Stage(
            "the student learns",
            {"student": experiment.student},
            soft_targets_and_labels,
            frozen=("teacher",),
            prepare=agreement,
            starts_from={"student": "teacher"},
        )
    ]
