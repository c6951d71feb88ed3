"""Low-rank student: a residual perceptron of thin matrices, which begins as near to the teacher as its rank allows."""

from __future__ import annotations

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.methods.settings import chosen
from kdcore.networks import low_rank_mlp
from kdcore.plan import Card, Notes, Parameter, Stage, TransferView
from kdcore.texts import N_

CARD = Card(
    name="low-rank-student",
    title=N_("Low-rank student"),
    transfers=N_("structure"),
    what=N_(
        "The student is a residual perceptron whose every matrix is the product of two thin ones. Where the teacher is a "
        "perceptron as wide, it begins with the nearest such products to the teacher's matrices; then it learns from soft "
        "targets. Its twin is the same network."
    ),
    formula=r"x_{i+1} = \mathrm{ReLU}(d_i \odot x_i + B_i A_i x_i + b_i),\quad B_i A_i \leftarrow U_r S_r V_r^\top;\quad \mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        "x_i": N_("the hidden units after layer i"),
        "d_i": N_("how much of itself a unit keeps: 1 at first, or what the products leave on the diagonal"),
        "A_i, B_i, b_i": N_("the thin matrices of a layer, of r rows and of r columns, and its bias"),
        "U_r S_r V_r": N_("the r largest parts of the singular value decomposition of the teacher's matrix"),
        "r": N_("the rank, the last number of the network's name"),
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation=(
        "Xue, Li and Gong 2013, Restructuring of deep neural network acoustic models with singular value decomposition, "
        "section 2 (the beginning; the residuals are those of He et al. 2016)"
    ),
    cost=N_("That of soft targets, and a decomposition of the teacher's matrices at the start."),
    hurts=N_(
        "A matrix whose singular values fall slowly loses most of itself. Beside a convolutional teacher, or one of another "
        "width, it begins by chance and has to learn images without convolutions."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "network",
            1,
            0,
            len(networks.SUGGESTED_LOW_RANKS) - 1,
            N_("The student's network, unless the student that was chosen is of low rank itself."),
            "our choice: as wide as the perceptron that knows scikit-learn's digits",
            choices=networks.SUGGESTED_LOW_RANKS,
        ),
    ),
    views=("curve",),
)


def agreement(view: TransferView) -> Notes:
    """How often the student answers as the teacher before it has learned."""
    same = view.logits("student").argmax(dim=-1) == view.logits("teacher").argmax(dim=-1)
    return Notes(measured={"agrees with the teacher before training": same.float().mean().item()})


def plan(experiment: Experiment) -> list[Stage]:
    """One stage, with a student of low rank that begins with what it can take of the teacher."""
    own = low_rank_mlp.size(experiment.student) is not None
    return [
        Stage(
            "the student learns",
            {"student": experiment.student if own else chosen(experiment, "network")},
            soft_targets_and_labels,
            frozen=("teacher",),
            prepare=agreement,
            starts_from={"student": "teacher"},
        )
    ]
