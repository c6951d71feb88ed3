"""Combining what several teachers say about the same images, and the divergence of a student from the combination.

M teachers: log-probabilities [M, ..., N, C], softened by the caller. A combination is given as probabilities: a vote
leaves classes at exactly 0, which have no logarithm.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.losses.response import log_probabilities

LEAST_VARIANCE = 1e-2
"""A teacher that is surer than this counts no more for it: its precision would be without bound."""


def mean_probability(log_p: Tensor) -> Tensor:
    """The arithmetic mean of the teachers' probabilities: log_p [M, ..., N, C] -> [..., N, C].

    Taken in log space (log-sum-exp less log M). Source: Hinton, Vinyals and Dean 2015, section 1, who take the ensemble's
    mean as soft targets. Not the mean of logits: that is `product` up to its sharpness.
    """
    return (torch.logsumexp(log_p, dim=0) - math.log(len(log_p))).exp()


def vote(log_p: Tensor) -> Tensor:
    """The share of teachers that put each class first: log_p [M, ..., N, C] -> [..., N, C]; no gradient.

    Source: Hansen and Salamon 1990, Neural network ensembles, section 2 (plurality).
    """
    firsts = F.one_hot(log_p.argmax(dim=-1), log_p.shape[-1])
    return firsts.to(log_p.dtype).mean(dim=0)


def product(log_p: Tensor) -> Tensor:
    """The teachers' probabilities multiplied class by class, and normalised: log_p [M, ..., N, C] -> [..., N, C].

    The posterior of classes that are equally likely before, if the teachers' errors are independent: where all agree it is
    surer than each of them. Source: Hinton 2002, Training products of experts, section 1; Kittler et al. 1998, On
    combining classifiers, section 2 (the product rule with equal priors).
    """
    return log_probabilities(log_p.sum(dim=0)).exp()


def mixture(log_p: Tensor, weights: Tensor) -> Tensor:
    """The teachers' probabilities, each image's with weights of its own: sum over M of weight times p.

    log_p: [M, ..., N, C]. weights: broadcastable to [M, ..., N], 0 or more, summing to 1 over M. Returns [..., N, C].
    Source: Jacobs et al. 1991, Adaptive mixtures of local experts, equation 1.
    """
    return (log_p.exp() * weights.unsqueeze(-1)).sum(dim=0)


def precisions(log_p: Tensor) -> Tensor:
    """Each teacher's weight on each image, by how sure it is there: log_p [M, ..., N, C] -> [M, ..., N], summing to 1 over M.

    The weight goes as one over the variance of the teacher's answer, 1 - sum over classes of p^2 (that of a one-hot draw
    from p), and at least LEAST_VARIANCE. Weighing by inverse variance is the best linear fusion of independent
    measurements; to take this for the variance is our choice.
    """
    variance = (1 - log_p.exp().square().sum(dim=-1)).clamp(min=LEAST_VARIANCE)
    return variance.reciprocal() / variance.reciprocal().sum(dim=0)


def divergence_from(student: Tensor, target: Tensor, temperature: Tensor | float) -> Tensor:
    """KL(p || softmax(z / T)) in nats: summed over classes, averaged over images; not scaled by T^2.

    student: logits z [..., N, C]. target: probabilities p, broadcastable to it, zeros allowed, and as soft as they should
    be; receives no gradient. temperature: a number or [...]. Returns [...]. The source and the normalisation are those of
    `soft_target_divergence`, which takes logits.
    """
    p = target.detach().expand_as(student)
    log_q = log_probabilities(_softened(student, temperature))
    return (torch.xlogy(p, p) - p * log_q).sum(dim=(-2, -1)) / student.shape[-2]


def weighted_divergence(
    student: Tensor, teacher: Tensor, weights: Tensor, temperature: Tensor | float
) -> Tensor:
    """`soft_target_divergence` with a weight on each image: the sum of weight times KL, divided by the sum of weights.

    student: logits [..., N, C]. teacher: logits, broadcastable to it; receives no gradient. weights: broadcastable to
    [..., N], 0 or more; where all are 0 the divergence is 0. Returns [...].
    """
    log_q = log_probabilities(_softened(student, temperature))
    log_p = log_probabilities(_softened(teacher.detach().expand_as(student), temperature))
    each = (log_p.exp() * (log_p - log_q)).sum(dim=-1)
    weights = weights.detach().expand_as(each)
    total = weights.sum(dim=-1)
    return (each * weights).sum(dim=-1) / torch.where(total > 0, total, torch.ones_like(total))


def _softened(logits: Tensor, temperature: Tensor | float) -> Tensor:
    """z / T: [..., N, C] by a number or by one temperature a member, [...]."""
    return logits / (temperature[..., None, None] if isinstance(temperature, Tensor) else temperature)
