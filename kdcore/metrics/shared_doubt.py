"""Where two networks, or people and a network, doubt the same images: rank correlations image by image, a class pair at a time."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kdcore.metrics.dark_knowledge import log_soft_targets

Shares = NDArray[np.float64]
LEAST = 3
"""Images of a class from which on a correlation is said."""


def shared_doubt(first: Tensor, second: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Spearman's rank correlation of two beliefs in class b over the images of class a, float64 [C, C], -1 to 1.

    The soft targets at T are ranked, ties by their mean rank, as people's counts tie often. NaN on the diagonal, for classes of fewer than
    LEAST images, and where either belief is the same for all of them. first, second: logits [n, C]; labels [n].
    Source: Spearman 1904; people's doubt beside networks': Peterson, Battleday, Griffiths and Russakovsky 2019, section 4.
    """
    beliefs = [log_soft_targets(logits, T).cpu().numpy() for logits in (first, second)]
    classes = first.shape[1]
    found = torch.full((classes, classes), math.nan, dtype=torch.float64)
    for label in range(classes):
        rows = (labels == label).cpu().numpy()
        if rows.sum() >= LEAST:
            found[label] = torch.from_numpy(_column_correlations(*(belief[rows] for belief in beliefs)))
    return found.fill_diagonal_(math.nan)


def _column_correlations(a: Shares, b: Shares) -> Shares:
    """Of each column [n, C] with the same one of the other, [C]."""
    from scipy.stats import rankdata

    ranks = [rankdata(np.round(part, 9), axis=0) for part in (a, b)]
    centred = [rank - rank.mean(axis=0) for rank in ranks]
    spread = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations: Shares = np.where(spread > 0, (centred[0] * centred[1]).sum(axis=0) / spread, np.nan)
    return correlations
