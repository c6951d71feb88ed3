"""Losses on what networks answer: cross-entropy with labels, and divergence from softened targets."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.losses.closed_form import LabelCrossEntropy, SoftTargetDivergence
from kdcore.plan import Labels


def soft_targets(logits: Tensor, temperature: Tensor | float) -> Tensor:
    """softmax(z / T) over the last dimension; `temperature` is a number or one value per leading dimension [K].

    Source: Hinton, Vinyals and Dean 2015, equation 1.
    """
    return F.softmax(logits / _spread(temperature, logits), dim=-1)


def log_probabilities(logits: Tensor) -> Tensor:
    """log softmax(z) over the last dimension: logits [..., N, C], returns the same shape.

    It runs with the images innermost: PyTorch's kernel for a short last dimension takes seven times as long on a processor.
    """
    return F.log_softmax(logits.mT, dim=-2).mT


def soft_target_divergence(student: Tensor, teacher: Tensor, temperature: Tensor | float) -> Tensor:
    """KL(softmax(v / T) || softmax(z / T)) in nats: summed over classes, averaged over images; not scaled by T^2.

    student: logits z [..., N, C]. teacher: logits v, broadcastable to it; receives no gradient. Returns [...].
    The sum runs in log space, so it stays finite where a softmax underflows. Its gradient shrinks as 1/T^2: multiply by
    T^2 to keep its size against the labels' (Hinton et al. 2015, section 2.1, equations 2 to 4).
    """
    if not (isinstance(temperature, Tensor) and temperature.requires_grad):
        spread = _spread(temperature, student)
        closed_form: Tensor = SoftTargetDivergence.apply(student, teacher.detach(), spread)
        return closed_form
    log_q = log_probabilities(student / _spread(temperature, student))
    log_p = log_probabilities(teacher.detach() / _spread(temperature, student))
    divergence = F.kl_div(log_q, log_p.expand_as(log_q), reduction="none", log_target=True)
    return divergence.sum(dim=(-2, -1)) / student.shape[-2]


def label_cross_entropy(logits: Tensor, labels: Labels, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy with the labels in nats, averaged over the images whose label is known; 0 where none is.

    logits: [..., N, C]. `smoothing` spreads that share of each label evenly over all C classes (Szegedy et al. 2016,
    section 7). Under mixup the loss is shared between both labels (Zhang et al. 2018, section 2). With `labels.margin`
    the label's logit has to lead by so much (Wang et al. 2018, Additive margin softmax, equation 6, there on cosines).
    Returns [...].
    """
    if labels.other is None and not smoothing and not labels.margin:
        closed_form: Tensor = LabelCrossEntropy.apply(logits, labels.index, labels.known)
        return closed_form
    log_q = log_probabilities(logits)
    loss = _from_label(logits, log_q, labels.index, labels.margin)
    if labels.other is not None:
        loss = labels.share * loss + (1 - labels.share) * _from_label(
            logits, log_q, labels.other, labels.margin
        )
    if smoothing:
        loss = (1 - smoothing) * loss - smoothing * log_q.mean(dim=-1)
    if labels.known is None:
        return loss.mean(dim=-1)
    known = labels.known.to(loss.dtype)
    return (loss * known).sum(dim=-1) / known.sum(dim=-1).clamp(min=1)


def _from_label(logits: Tensor, log_q: Tensor, index: Tensor, margin: float) -> Tensor:
    """Cross-entropy with these labels, [..., N], after `margin` was taken from each label's logit."""
    if margin:
        log_q = log_probabilities(logits - margin * F.one_hot(index, logits.shape[-1]))
    return _negative_log_likelihood(log_q, index)


def _negative_log_likelihood(log_q: Tensor, index: Tensor) -> Tensor:
    """-log q of each image's class: log_q [N, C] or [K, N, C], index broadcastable to [N] or [K, N]."""
    return F.nll_loss(log_q.movedim(-1, 1), index.expand(log_q.shape[:-1]), reduction="none")


def _spread(temperature: Tensor | float, logits: Tensor) -> Tensor | float:
    """One temperature a member, shaped [..., 1, 1] so that it divides that member's logits."""
    if isinstance(temperature, Tensor) and temperature.dim():
        return temperature.reshape(*temperature.shape, *([1] * (logits.dim() - temperature.dim())))
    return temperature


def squared(temperature: Tensor | float) -> Tensor | float:
    """T^2: the factor that undoes the shrinking of a softened loss's gradient (Hinton et al. 2015, section 2.1)."""
    return torch.square(temperature) if isinstance(temperature, Tensor) else temperature * temperature
