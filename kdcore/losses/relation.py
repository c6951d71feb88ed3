"""Losses on how images relate to one another: distances, angles, likeness. No adapter is needed where widths differ.

Each network's features become a matrix (of angles: a cube) over the N images of a batch, and the student's is compared
with the teacher's. Student features are [K, N, ...] for the K members of a cohort; the teacher's are [N, ...], shared by
all, and receive no gradient. Every loss returns [K]. Nothing is divided by less than a thousandth of its mean over the
batch: images that coincide, or features of zero, would otherwise send a gradient without bound.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_SHARE = 1e-3
TINY = 1e-12


def distances(rows: Tensor) -> Tensor:
    """Euclidean distance of every pair of images, divided by the mean over the pairs of different images.

    rows: features [..., N, D]. Returns [..., N, N] without a unit, with a diagonal of 0. The gradient flows through the
    mean too. Source: Park et al. 2019, section 3.2.1.
    """
    apart = _distances(_squared_distances(rows))
    return apart / _mean_of_pairs(apart)


def angles(rows: Tensor) -> Tensor:
    """Cosine of the angle at image i between the directions to j and to l: [..., N, N, N] of features [..., N, D].

    0 where j or l is i itself. Source: Park et al. 2019, section 3.2.2. By the law of cosines it is
    (d_ij^2 + d_il^2 - d_jl^2) / (2 d_ij d_il): no direction [N, N, D] is ever held.
    """
    squares = _squared_distances(rows)
    apart = _distances(squares) / math.sqrt(2)
    itself = torch.eye(rows.shape[-2], dtype=torch.bool, device=rows.device)
    # Each side carries the root of the law's factor one half.
    inverse = (0.5 / apart.masked_fill(itself, 1)).masked_fill(itself, 0)
    sides = torch.stack([apart, inverse], dim=-1) @ torch.stack([inverse, apart], dim=-2)
    return sides - squares.unsqueeze(-3) * (inverse.unsqueeze(-1) * inverse.unsqueeze(-2))


def similarities(rows: Tensor) -> Tensor:
    """Inner product of every two images' features, each row of the matrix scaled to length 1: [..., N, N] of [..., N, D].

    Source: Tung and Mori 2019, section 3.
    """
    products = _products(rows)
    lengths = torch.linalg.vector_norm(products, dim=-1, keepdim=True)
    return products / _at_least_a_share(lengths, lengths.mean(dim=-2, keepdim=True))


def correlations(rows: Tensor, gamma: float = 0.4, order: int = 2) -> Tensor:
    """Gaussian kernel of every two images' features scaled to length 1, by its Taylor series: [..., N, N] of [..., N, D].

    exp(-2 gamma) times the sum over p from 0 to `order` of (2 gamma)^p / p! cos^p. Source: Peng et al. 2019, section 3.
    """
    lengths = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    cosines = _products(rows / _at_least_a_share(lengths, lengths.mean(dim=-2, keepdim=True)))
    series = torch.ones_like(cosines)
    for p in range(order, 0, -1):
        series = 1 + series * cosines * (2 * gamma / p)
    return math.exp(-2 * gamma) * series


def distance_relation(student: Tensor, teacher: Tensor) -> Tensor:
    """Huber loss (bend at 1) of `distances`, averaged over all N^2 entries, the diagonal included.

    Source: Park et al. 2019, section 3.2.1, a sum over pairs; the mean is the form of the published weight of 25.
    """
    return _difference(distances(_student(student)), distances(_teacher(teacher)))


def angle_relation(student: Tensor, teacher: Tensor) -> Tensor:
    """Huber loss (bend at 1) of `angles`, averaged over all N^3 entries, those without an angle included.

    Source: Park et al. 2019, section 3.2.2, a sum over triples; the mean is the form of the published weight of 50.
    """
    return _difference(angles(_student(student)), angles(_teacher(teacher)), dims=3)


def similarity_difference(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared difference of `similarities`, summed and divided by N^2.

    Source: Tung and Mori 2019, section 3, the form of the published weight of 3000. Rows of length 1 spread over N
    entries: the value falls about as 1 / N with the size of the batch.
    """
    theirs = similarities(_teacher(teacher))
    return (similarities(_student(student)) - theirs).square().mean(dim=(-2, -1))


def correlation_difference(student: Tensor, teacher: Tensor, gamma: float = 0.4, order: int = 2) -> Tensor:
    """Squared difference of `correlations`, averaged over all N^2 entries, the diagonal included.

    Source: Peng et al. 2019, section 3; this mean is the form that a weight of 100 was published for.
    """
    theirs = correlations(_teacher(teacher), gamma, order)
    return (correlations(_student(student), gamma, order) - theirs).square().mean(dim=(-2, -1))


# ---- rows, and what is between them -----------------------------------------------------------------------------------


def _student(features: Tensor) -> Tensor:
    """[K, N, D], in single precision at least: products of halves would not tell near images apart."""
    return features.flatten(2).to(torch.promote_types(features.dtype, torch.float32))


def _teacher(features: Tensor) -> Tensor:
    """[N, D] cut off from its graph, in single precision at least."""
    return features.detach().flatten(1).to(torch.promote_types(features.dtype, torch.float32))


def _products(rows: Tensor) -> Tensor:
    return rows @ rows.mT


def _squared_distances(rows: Tensor) -> Tensor:
    """[..., N, N] from the inner products of centred rows: centring keeps their digits for what differs."""
    products = _products(rows - rows.mean(dim=-2, keepdim=True))
    own = products.diagonal(dim1=-2, dim2=-1)
    return (own.unsqueeze(-1) + own.unsqueeze(-2) - 2 * products).clamp(min=0)


def _distances(squares: Tensor) -> Tensor:
    """Roots off the diagonal, no less than a share of their root mean square; 0 on the diagonal."""
    itself = torch.eye(squares.shape[-1], dtype=torch.bool, device=squares.device)
    least = (_mean_of_pairs(squares.detach()) * SMALLEST_SHARE**2).clamp(min=TINY)
    return torch.maximum(squares, least).sqrt().masked_fill(itself, 0)


def _mean_of_pairs(matrix: Tensor) -> Tensor:
    """Mean over the entries beside a diagonal of zeros: [..., 1, 1], never 0."""
    pairs = max(matrix.shape[-1] * (matrix.shape[-1] - 1), 1)
    return (matrix.sum(dim=(-2, -1), keepdim=True) / pairs).clamp(min=TINY)


def _at_least_a_share(lengths: Tensor, mean: Tensor) -> Tensor:
    return torch.maximum(lengths, (mean.detach() * SMALLEST_SHARE).clamp(min=TINY))


def _difference(student: Tensor, teacher: Tensor, dims: int = 2) -> Tensor:
    huber = F.smooth_l1_loss(student, teacher.expand_as(student), reduction="none")
    return huber.flatten(-dims).mean(dim=-1)
