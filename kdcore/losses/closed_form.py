"""The two losses that nearly every method has, each as one operation of autograd with its gradient written out.

They make the sums that autograd would make of `response`'s formulas, in the same order, in a third of the operations. A
gradient of their gradient is not to be had: `response` takes them only where nobody asks for one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


class LabelCrossEntropy(torch.autograd.Function):
    """Mean of -log softmax(z)_y over the images whose label is known; 0 where none is."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, index: Tensor, known: Tensor | None) -> Tensor:
        """logits: z [..., N, C]. index: y [N] or [..., N]. known: likewise; None where all are. Returns [...]."""
        log_q = F.log_softmax(logits.mT, dim=-2)
        at_label = index.expand(logits.shape[:-1]).unsqueeze(-2)
        loss = log_q.gather(-2, at_label).squeeze(-2).neg_()
        ctx.log_q, ctx.at_label, ctx.known = log_q, at_label, None
        if known is None:
            ctx.count = loss.shape[-1]
            return loss.mean(dim=-1)
        ctx.known = known.to(loss.dtype)
        ctx.count = ctx.known.sum(dim=-1).clamp(min=1)
        mean: Tensor = (loss * ctx.known).sum(dim=-1) / ctx.count
        return mean

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """(softmax(z) - 1_y) / N."""
        _refuse_second_gradient()
        at_label = (gradient / ctx.count).neg_()[..., None, None]
        if ctx.known is not None:
            at_label = at_label * ctx.known.unsqueeze(-2)
        of_log_q = torch.zeros_like(ctx.log_q).scatter_(-2, ctx.at_label, at_label.expand_as(ctx.at_label))
        return _through_log_softmax(of_log_q, ctx.log_q).mT, None, None


class SoftTargetDivergence(torch.autograd.Function):
    """KL(softmax(v / T) || softmax(z / T)): summed over classes, averaged over images."""

    @staticmethod
    def forward(ctx: Any, student: Tensor, teacher: Tensor, temperature: Tensor | float) -> Tensor:
        """student: z [..., N, C]. teacher: v, broadcastable to it. temperature: a number, or a tensor that z can be divided by."""
        log_q = F.log_softmax((student / temperature).mT, dim=-2)
        log_p = F.log_softmax((teacher / temperature).mT, dim=-2)
        p = log_p.exp()
        ctx.log_q, ctx.p, ctx.temperature = log_q, p, temperature
        return (p * (log_p - log_q)).sum(dim=(-2, -1)) / student.shape[-2]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """(softmax(z / T) - softmax(v / T)) / (N T)."""
        _refuse_second_gradient()
        of_log_q = (ctx.p * (gradient / ctx.log_q.shape[-1])[..., None, None]).neg_()
        return _through_log_softmax(of_log_q, ctx.log_q).div_(ctx.temperature).mT, None, None


def _through_log_softmax(gradient: Tensor, log_q: Tensor) -> Tensor:
    """The gradient of the logits from that of log softmax over the last dimension but one: autograd's own kernel."""
    logits: Tensor = torch.ops.aten._log_softmax_backward_data.default(
        gradient.expand_as(log_q), log_q, -2, log_q.dtype
    )
    return logits


def _refuse_second_gradient() -> None:
    if torch.is_grad_enabled():
        raise RuntimeError(
            "This loss is differentiated once only. Write its formula out where more is needed."
        )
