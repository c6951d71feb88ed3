"""The closed forms give the values and the gradients that autograd makes of the same formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.losses.closed_form import LabelCrossEntropy, SoftTargetDivergence

REFERENCES: Mapping[str, Callable[..., Tensor]] = {}
"""Their formulas are `response`'s, whose references are in test_response.py."""


def label_cross_entropy(logits: Tensor, index: Tensor, known: Tensor | None) -> Tensor:
    """Written out."""
    one_hot = F.one_hot(index.expand(logits.shape[:-1]), logits.shape[-1])
    loss = -(F.log_softmax(logits, dim=-1) * one_hot).sum(dim=-1)
    if known is None:
        return loss.mean(dim=-1)
    return (loss * known).sum(dim=-1) / known.expand_as(loss).sum(dim=-1).clamp(min=1)


def divergence(student: Tensor, teacher: Tensor, temperature: Tensor | float) -> Tensor:
    """Written out."""
    log_p, log_q = (F.log_softmax(z / temperature, dim=-1) for z in (teacher, student))
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean(dim=-1)


def value_and_gradient(loss: Callable[[Tensor], Tensor], logits: Tensor) -> tuple[Tensor, Tensor]:
    leaf = logits.clone().requires_grad_()
    value = loss(leaf)
    weights = torch.linspace(0.5, 2.0, value.numel(), dtype=value.dtype).reshape(value.shape)
    (gradient,) = torch.autograd.grad(value, leaf, weights)
    return value, gradient


@pytest.mark.parametrize("shape", [(16, 10), (3, 16, 10)])
@pytest.mark.parametrize("hidden", [None, "some", "all"])
def test_cross_entropy(shape: tuple[int, ...], hidden: str | None) -> None:
    torch.manual_seed(0)
    logits, index = 3 * torch.randn(shape, dtype=torch.float64), torch.randint(0, 10, (16,))
    known = {None: None, "some": torch.arange(16) % 3 > 0, "all": torch.zeros(16, dtype=torch.bool)}[hidden]
    ours = value_and_gradient(lambda z: LabelCrossEntropy.apply(z, index, known), logits)
    theirs = value_and_gradient(lambda z: label_cross_entropy(z, index, known), logits)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("shape", "temperature"), [((16, 10), 4.0), ((3, 16, 10), 1.0), ((3, 16, 10), [1.0, 4.0, 20.0])]
)
def test_divergence(shape: tuple[int, ...], temperature: float | list[float]) -> None:
    torch.manual_seed(0)
    student, teacher = (3 * torch.randn(size, dtype=torch.float64) for size in (shape, shape[-2:]))
    t = (
        torch.tensor(temperature, dtype=torch.float64)[:, None, None]
        if isinstance(temperature, list)
        else temperature
    )
    ours = value_and_gradient(lambda z: SoftTargetDivergence.apply(z, teacher, t), student)
    theirs = value_and_gradient(lambda z: divergence(z, teacher, t), student)
    torch.testing.assert_close(ours, theirs)


def test_a_gradient_of_the_gradient_is_refused() -> None:
    logits = torch.randn(4, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="once only"):
        torch.autograd.grad(
            LabelCrossEntropy.apply(logits, torch.zeros(4, dtype=torch.long), None), logits, create_graph=True
        )
