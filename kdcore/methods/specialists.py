"""Specialists: one network for each region of the input that the teacher's confusions define, and their combination."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.ensemble import divergence_from, mixture, weighted_divergence
from kdcore.losses.response import label_cross_entropy, log_probabilities, soft_targets, squared
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Figure, Labels, Notes, Parameter, Stage, Term, TransferView
from kdcore.texts import N_

CARD = Card(
    name="specialists",
    title=N_("Specialists"),
    transfers=N_("several teachers"),
    what=N_(
        "Classes that the teacher confuses make a region. Before the run one network of the student's size learns each "
        "region, and the others in passing. The student learns from all: each speaks by as much as the teacher believes the "
        "image to lie in its region."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\Big(\sum_j g_j\,\mathrm{softmax}(s_j/T)\,\Big\|\,\mathrm{softmax}(z/T)\Big),\quad g_j = \sum_{c \in R_j} \mathrm{softmax}(v)_c",
    symbols={
        "z": N_("the student's logits"),
        "s": N_("the logits of specialist j"),
        "g": N_("the share of specialist j in the answer for an image"),
        "R": N_(
            "region j: a group of classes whose probabilities rise and fall together in the teacher's answers"
        ),
        "c": N_("a class of the region"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, sections 5.2 to 5.4; the combination is our choice",
    cost=N_("A training of every specialist, and a forward pass of each at every step of the student."),
    hurts=N_(
        "With few images each specialist sees too few of its own; where the teacher errs about the region, the wrong one speaks."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "regions",
            0,
            0,
            3,
            N_("How many regions there are, each with its specialist."),
            "our choice",
            choices=("2", "3", "4", "5"),
        ),
        Parameter(
            "outside",
            0.1,
            0.0,
            1.0,
            N_("A specialist's weight on the teacher's answer to an image of another's region."),
            "our choice; Hinton et al. 2015, section 5.2, show a specialist as many images from outside as from inside",
        ),
    ),
    views=("curve",),
)


def confused_together(probabilities: Tensor, regions: int) -> Tensor:
    """The region of each class, [C]: k-means on the columns of the covariance of the teacher's probabilities [n, C].

    Hinton et al. 2015, section 5.3. The numbers of the regions follow their first class, so that they do not depend on
    chance; there are no more regions than classes.
    """
    from sklearn.cluster import KMeans  # takes a moment to import

    covariance = torch.cov(probabilities.cpu().double().T).numpy()
    found = KMeans(min(regions, len(covariance)), n_init=10, random_state=0).fit_predict(covariance)
    order = {region: number for number, region in enumerate(dict.fromkeys(found.tolist()))}
    return torch.tensor([order[region] for region in found.tolist()], device=probabilities.device)


def shares(view: TransferView, regions: int) -> Notes:
    """What the teacher believes of each image: its probability for every region, [n, regions], summing to 1."""
    p = soft_targets(view.logits("teacher"), 1.0)
    of_class = confused_together(p, regions)
    found = p @ F.one_hot(of_class, regions).to(p.dtype)
    where = found.argmax(dim=-1)
    sizes = {f"images in region {j + 1}": (where == j).float().mean().item() for j in range(regions)}
    return Notes({"shares": found}, sizes)


def _shared(batch: Batch) -> Tensor:
    """The shares of this batch's images [K, N, regions], under mixup mixed with their partners'."""
    own, partners = batch.notes["shares"], batch.partner_notes.get("shares")
    share = batch.labels.share
    return own if partners is None else share * own + (1 - share) * partners


def learn_region(batch: Batch, specialists: Sequence[str], outside: float) -> Sequence[Term]:
    """For each specialist (1-w) CE on its region's images + w T^2 KL from the teacher, other images at weight `outside`."""
    found = []
    region = _shared(batch).argmax(dim=-1)
    for j, name in enumerate(specialists):
        logits, inside = batch.outputs[name].logits, region == j
        known = inside if batch.labels.known is None else inside & batch.labels.known
        labels = Labels(batch.labels.index, known, batch.labels.other, batch.labels.share)
        weights = torch.where(inside, 1.0, outside)
        soft = weighted_divergence(logits, batch.outputs["teacher"].logits, weights, batch.temperature)
        scale = batch.teacher_weight * squared(batch.temperature)
        hard = label_cross_entropy(logits, labels, batch.label_smoothing)
        found += [
            Term(name, "labels of its region", "labels", hard, 1 - batch.teacher_weight),
            Term(name, "soft targets", "teacher", soft, scale),
        ]
    return found


def learn_all(batch: Batch, specialists: Sequence[str]) -> Sequence[Term | Figure]:
    """(1-w) CE + w T^2 KL from the specialists' answers, mixed by the teacher's belief in their regions."""
    student, belief = batch.outputs["student"].logits, _shared(batch)
    said = torch.stack([batch.outputs[name].logits for name in specialists])
    log_p = log_probabilities(said / batch.temperature[:, None, None])
    soft = divergence_from(student, mixture(log_p, belief.movedim(-1, 0)), batch.temperature)
    hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
    return [
        Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
        Term("student", "specialists", "teacher", soft, batch.teacher_weight * squared(batch.temperature)),
        Figure("student", "share of the loudest specialist", belief.max(dim=-1).values.mean(dim=-1)),
    ]


def plan(experiment: Experiment) -> list[Stage]:
    """First the specialists learn side by side, then the student learns from all."""
    count = int(chosen(experiment, "regions"))
    names = tuple(f"specialist {j + 1}" for j in range(count))
    outside = parameters(experiment)["outside"]
    return [
        Stage(
            "the specialists learn",
            dict.fromkeys(names, experiment.student),
            partial(learn_region, specialists=names, outside=outside),
            frozen=("teacher",),
            prepare=partial(shares, regions=count),
            before=True,
        ),
        Stage(
            "the student learns",
            {"student": experiment.student},
            partial(learn_all, specialists=names),
            frozen=("teacher", *names),
            prepare=partial(shares, regions=count),
        ),
    ]
