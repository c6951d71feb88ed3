"""The gradient of a step's losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction

from kdcore.training.step_losses import StepTerms


def backward(terms: Sequence[StepTerms]) -> None:
    """Add the gradient of the sum over all terms and members to the leaves that they depend on.

    Members share no weights, so each receives its own.
    """
    roots: list[Tensor] = []
    gradients: list[Tensor] = []
    for term in terms:
        root, gradient = _root(term)
        if root.requires_grad and not _went_straight_back(root, gradient):
            roots.append(root)
            gradients.append(gradient)
    if roots:
        torch.autograd.backward(roots, gradients)


def _root(term: StepTerms) -> tuple[Tensor, Tensor]:
    """What the gradient starts from, and the gradient of the sum there: a scale that learns is part of the graph."""
    if isinstance(term.scale, Tensor) and term.scale.requires_grad:
        scaled = term.scaled
        return scaled, torch.ones_like(scaled)
    return term.raw, term.scales


def _went_straight_back(root: Tensor, gradient: Tensor) -> bool:
    """Whether `root` is a closed form of a leaf, whose gradient was then added without setting autograd in motion.

    That takes as long as the gradients of two losses.
    """
    node = root.grad_fn
    if not isinstance(node, BackwardCFunction):
        return False
    (first, _), *others = node.next_functions
    leaf = getattr(first, "variable", None)
    if leaf is None or any(other is not None for other, _ in others):
        return False
    with torch.no_grad():
        own = node.apply(gradient)[0]
        leaf.grad = own if leaf.grad is None else leaf.grad.add_(own)
    return True
