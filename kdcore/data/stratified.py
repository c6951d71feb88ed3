"""Stratified choices: images drawn at random, so many of each class."""

from __future__ import annotations

import torch
from torch import Tensor


def divided(labels: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Places of the images that stay and of `count` that are kept back, ascending, each class by its share."""
    kept = stratified(labels, _proportional(labels, count), generator(seed))
    return _all_but(kept, len(labels)), kept


def generator(seed: int, purpose: int = 0) -> torch.Generator:
    """A stream of random numbers for one purpose of a seed."""
    return torch.Generator().manual_seed(seed * 4 + purpose)


def stratified(labels: Tensor, shares: Tensor, generator: torch.Generator) -> Tensor:
    """Places [sum of shares], ascending, of `shares[c]` images of each class c drawn at random."""
    order = torch.randperm(len(labels), generator=generator)
    shuffled = labels[order]
    taken = [order[shuffled == c][:share] for c, share in enumerate(shares.tolist())]
    return torch.cat(taken).sort().values


def _all_but(taken: Tensor, count: int) -> Tensor:
    left = torch.ones(count, dtype=torch.bool)
    left[taken] = False
    return left.nonzero().flatten()


def _proportional(labels: Tensor, count: int) -> Tensor:
    """How many of each class make `count` in the proportions of `labels` (largest remainders)."""
    exact = torch.bincount(labels).double() * count / len(labels)
    shares = exact.long()
    largest = (exact - shares).argsort(descending=True, stable=True)
    shares[largest[: count - int(shares.sum())]] += 1
    return shares


def even(there: Tensor, count: int) -> Tensor:
    """How many of each class make `count` as evenly as `there` allows: what a small class lacks, the others give."""
    shares = torch.zeros_like(there)
    while (lacking := count - int(shares.sum())) > 0:
        able = (shares < there).nonzero().flatten()
        each = lacking // len(able)
        if each == 0:
            shares[able[:lacking]] += 1
        else:
            shares[able] = torch.minimum(shares[able] + each, there[able])
    return shares
