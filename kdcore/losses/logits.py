"""Losses on logits themselves: regression, divergence in parts, standardised, and from a teacher that is only a rule."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.losses.response import log_probabilities, soft_target_divergence
from kdcore.plan import Labels

SHORTEST = 1e-3
"""Vectors shorter than this are not stretched to length 1: a zero vector's gradient would be without bound."""

NARROWEST = 1e-2
"""Logits that spread less than this are not stretched to deviation 1, for the same reason."""


def squared_logit_error(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over images and classes of (z - v)^2.

    student: logits z [..., N, C]. teacher: logits v, broadcastable to it; receives no gradient. Returns [...].
    Source: Ba and Caruana 2014, section 2.2, with half the sum over classes: their value times 2 / C is this one.
    """
    return (student - teacher.detach()).square().mean(dim=(-2, -1))


def absolute_logit_error(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over images and classes of |z - v|: as `squared_logit_error`, with less regard for large differences."""
    return (student - teacher.detach()).abs().mean(dim=(-2, -1))


def cosine_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """1 - cosine of the angle between each image's two vectors, averaged over images: 0 (same direction) to 2.

    student: [..., N, D], logits or features. teacher: broadcastable to it; receives no gradient. Returns [...].
    Source: Sanh et al. 2019, section 3 (their cosine loss, a mean over tokens as ours is over images).
    """
    return 1 - (_unit(student) * _unit(teacher.detach())).sum(dim=-1).mean(dim=-1)


def target_divergence(
    student: Tensor, teacher: Tensor, target: Tensor, temperature: Tensor | float
) -> Tensor:
    """TCKD: KL between what teacher and student give to the target class and to all others together, in nats.

    student: logits z [..., N, C]. teacher: logits v, broadcastable to it; receives no gradient. target: [N] or [..., N]
    class numbers. temperature: a number or one value per leading dimension. Returns [...]: the mean over images, not yet
    times T^2. Source: Zhao et al. 2022, section 3.1.

    The two-way distribution is a sigmoid of one number, the target's logit less the log-sum-exp of the others, and its
    logarithms are log-sigmoids: finite for any gap between the logits, where the log of a softmax is not.
    """
    at_target = _at(target, student)
    odds_q = _log_odds(_softened(student, temperature), at_target)
    odds_p = _log_odds(_softened(teacher.detach(), temperature), at_target)
    on = torch.sigmoid(odds_p) * (F.logsigmoid(odds_p) - F.logsigmoid(odds_q))
    off = torch.sigmoid(-odds_p) * (F.logsigmoid(-odds_p) - F.logsigmoid(-odds_q))
    return (on + off).mean(dim=-1)


def non_target_divergence(
    student: Tensor, teacher: Tensor, target: Tensor, temperature: Tensor | float
) -> Tensor:
    """NCKD: KL(teacher || student) over the classes beside the target, each distribution summing to 1 there, in nats.

    Shapes as in `target_divergence`. Not weighted by what the teacher gives to those classes, and not yet times T^2: the
    form under which Zhao et al. 2022 (section 3.3) chose their weights. 0 with two classes: the other one has it all.
    """
    at_target = _at(target, student)
    log_q = _log_others(_softened(student, temperature), at_target)
    log_p = _log_others(_softened(teacher.detach(), temperature), at_target)
    divergence = log_p.exp() * (log_p - log_q)
    return divergence.sum(dim=(-2, -1)) / student.shape[-2]


def standardised_divergence(student: Tensor, teacher: Tensor, temperature: Tensor | float) -> Tensor:
    """`soft_target_divergence` of logits that each have mean 0 and deviation 1 over an image's classes.

    Shapes as there; not yet times T^2. The deviation is the one with C - 1, and the gradient runs through it. Rows that
    deviate by less than 0.01 are only centred and divided by 0.01, so that a constant row has a bounded gradient. With
    two classes only the sign of their difference is left, and no gradient: a method has to refuse them.
    Source: Sun et al. 2024, section 4, algorithms 1 and 2.
    """
    return soft_target_divergence(_standardised(student), _standardised(teacher), temperature)


def virtual_divergence(
    student: Tensor, labels: Labels, correct: float, temperature: Tensor | float
) -> Tensor:
    """KL(virtual teacher || student) at temperature T, in nats, averaged over images whose label is known; 0 without one.

    The virtual teacher gives the label the probability `correct` (more than 0, less than 1), and every other class the
    same share of the rest; under mixup it mixes what it says of both labels. student: logits [..., N, C]. Returns
    [...], not yet times T^2. Source: Yuan et al. 2020, section 5. It is softened as any teacher is, by taking
    its log-probabilities for logits; dividing the probabilities themselves by T leaves nothing but a uniform teacher.
    """
    said = _virtual(labels.index, student, correct)
    if labels.other is not None:
        said = labels.share * said + (1 - labels.share) * _virtual(labels.other, student, correct)
    log_p = log_probabilities(_softened(said.log(), temperature))
    log_q = log_probabilities(_softened(student, temperature))
    divergence = (log_p.exp() * (log_p - log_q)).sum(dim=-1)
    if labels.known is None:
        return divergence.mean(dim=-1)
    known = labels.known.to(divergence.dtype)
    return (divergence * known).sum(dim=-1) / known.sum(dim=-1).clamp(min=1)


def _softened(logits: Tensor, temperature: Tensor | float) -> Tensor:
    """z / T, with a T of its own for every member where there are several."""
    if isinstance(temperature, Tensor) and temperature.dim():
        return logits / temperature[:, None, None]
    return logits / temperature


def _unit(vectors: Tensor) -> Tensor:
    return F.normalize(vectors, dim=-1, eps=SHORTEST)


def _standardised(logits: Tensor) -> Tensor:
    deviation = logits.std(dim=-1, keepdim=True).clamp(min=NARROWEST)
    return (logits - logits.mean(dim=-1, keepdim=True)) / deviation


def _virtual(index: Tensor, student: Tensor, correct: float) -> Tensor:
    """The virtual teacher's probabilities [N, C] or [K, N, C] for these class numbers."""
    classes = student.shape[-1]
    others = student.new_full((*index.shape, classes), (1 - correct) / (classes - 1))
    return others.scatter(-1, index[..., None], correct)


def _at(target: Tensor, student: Tensor) -> Tensor:
    """True at each image's target class: [N, C] or [..., N, C]."""
    return target[..., None] == torch.arange(student.shape[-1], device=student.device)


def _log_odds(logits: Tensor, at_target: Tensor) -> Tensor:
    """log p / (1 - p) for the probability p of the target: [..., N]."""
    others = logits.masked_fill(at_target, -math.inf).logsumexp(dim=-1)
    return logits.masked_fill(~at_target, 0).sum(dim=-1) - others


def _log_others(logits: Tensor, at_target: Tensor) -> Tensor:
    """Log-probabilities among the classes beside the target: [..., N, C], 0 at the target itself."""
    return log_probabilities(logits.masked_fill(at_target, -math.inf)).masked_fill(at_target, 0)
