"""Decoupled distillation: how sure the teacher is of the target, and what it says of all others, weighed apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.logits import non_target_divergence, target_divergence
from kdcore.losses.response import label_cross_entropy, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="decoupled",
    title=N_("Decoupled (DKD)"),
    transfers=N_("responses"),
    what=N_(
        "Soft targets taken apart: TCKD, how sure the teacher is of the target class, and NCKD, how it divides the rest among "
        "the others. Soft targets weigh NCKD by the teacher's doubt, so a sure teacher tells almost nothing of it; here "
        "each part has a weight of its own. Where a label is hidden, the teacher's answer is the target."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + u\,T^2\Big[a\,\mathrm{KL}\big(b(v)\,\|\,b(z)\big) + n\,\mathrm{KL}\big(\mathrm{softmax}(v_{\setminus y}/T)\,\|\,\mathrm{softmax}(z_{\setminus y}/T)\big)\Big]",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label, here the target class"),
        r"z_{\setminus y}": N_("the logits without the target's"),
        "b": N_("two probabilities at temperature T: of the target, and of all others together"),
        "T": N_("the temperature"),
        "a": N_("the weight on TCKD"),
        "n": N_("the weight on NCKD"),
        "u": N_("the warm-up: from 0 to 1"),
    },
    citation="Zhao, Cui, Song, Qiu and Liang 2022, Decoupled knowledge distillation, section 3",
    cost=N_("As soft targets."),
    hurts=N_(
        "With two classes there is nothing beside the target to learn from; a high weight on NCKD drowns the labels of a weak student."
    ),
    uses=("temperature",),
    with_two_classes=N_(
        "With two classes the term of the others (NCKD) is 0: beside the target there is one class, which has it all. What is left is the target's term."
    ),
    parameters=(
        Parameter("target_weight", 1.0, 0.0, 20.0, N_("Weight on TCKD."), "Zhao et al. 2022, section 4"),
        Parameter(
            "non_target_weight",
            8.0,
            0.0,
            20.0,
            N_("Weight on NCKD; less where student and teacher are of one size."),
            "Zhao et al. 2022, section 4: 8 on CIFAR-100, 2 and 6 for some pairs",
        ),
        Parameter(
            "warm_up",
            0.083,
            0.0,
            1.0,
            N_("Share of the run in which both weights grow from 0."),
            "Zhao et al. 2022: 20 of 240 epochs",
        ),
    ),
    views=("curve",),
)

Divergence = Callable[[Tensor, Tensor, Tensor, Tensor | float], Tensor]


def plain_loss(
    student: Tensor,
    teacher: Tensor,
    hard: Tensor,
    temperature: float,
    labels: Tensor,
    progress: float,
    target_weight: float,
    non_target_weight: float,
    warm_up: float,
) -> Tensor:
    """CE + T^2 (alpha TCKD + beta NCKD): the divergence in the target against the rest, and that among the others."""
    z, v = student / temperature, teacher / temperature
    at_target = F.one_hot(labels, z.shape[1]).bool()
    rest_z, rest_v = (x.masked_fill(at_target, float("-inf")) for x in (z, v))
    odds_q, odds_p = (x[at_target] - rest.logsumexp(dim=1) for x, rest in ((z, rest_z), (v, rest_v)))
    on = torch.sigmoid(odds_p) * (F.logsigmoid(odds_p) - F.logsigmoid(odds_q))
    off = torch.sigmoid(-odds_p) * (F.logsigmoid(-odds_p) - F.logsigmoid(-odds_q))
    log_q, log_p = (F.log_softmax(rest, dim=1).masked_fill(at_target, 0) for rest in (rest_z, rest_v))
    others = (log_p.exp() * (log_p - log_q)).sum() / len(z)
    warmth = min(progress / warm_up, 1.0) if warm_up else 1.0
    return hard + warmth * temperature**2 * (target_weight * (on + off).mean() + non_target_weight * others)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage with three terms: the labels, the target class, the others."""
    settings = parameters(experiment)

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels; TCKD and NCKD apart, both warmed up."""
        student = batch.outputs["student"].logits
        hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        scale = warmth(batch.progress, settings["warm_up"]) * squared(batch.temperature)
        return [
            Term("student", "labels", "labels", hard),
            Term(
                "student",
                "target (TCKD)",
                "teacher",
                over_targets(target_divergence, batch),
                settings["target_weight"] * scale,
            ),
            Term(
                "student",
                "others (NCKD)",
                "teacher",
                over_targets(non_target_divergence, batch),
                settings["non_target_weight"] * scale,
            ),
        ]

    return [Stage("decoupled", {"student": experiment.student}, objective, frozen=("teacher",))]


def warmth(progress: float, warm_up: float) -> float:
    """0 to 1: the share of the warm-up that is done at this share of the run."""
    return min(progress / warm_up, 1.0) if warm_up else 1.0


def over_targets(divergence: Divergence, batch: Batch) -> Tensor:
    """The divergence with the labels for targets; under mixup with both, each at its share."""
    student, teacher = batch.outputs["student"].logits, batch.outputs["teacher"].logits
    labels = batch.labels

    def toward(index: Tensor) -> Tensor:
        if labels.known is not None:
            index = torch.where(labels.known, index, teacher.argmax(dim=-1))
        return divergence(student, teacher, index, batch.temperature)

    if labels.other is None:
        return toward(labels.index)
    return labels.share * toward(labels.index) + (1 - labels.share) * toward(labels.other)
