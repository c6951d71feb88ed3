"""Which classes a network sees as alike: similarity matrices, their rank correlation, and a dendrogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from kdcore.metrics.dark_knowledge import log_soft_targets


def similarity(logits: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """What `mean_soft_targets` believes outside each row's own class, as shares: rows sum to 1, the diagonal is 0.

    Worked out in logarithms, so that a network that is all but sure has a similarity too. The row of a class without
    images is NaN. logits [n, C], labels [n]; float64 [C, C].
    """
    beliefs, labels = log_soft_targets(logits, T), labels.cpu()
    classes = range(logits.shape[1])
    sums = torch.stack([beliefs[labels == label].logsumexp(dim=0) for label in classes])
    return sums.fill_diagonal_(-math.inf).softmax(dim=1)


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's rank correlation of two similarities [C, C] over their cells off the diagonal, -1 to 1.

    Cells that either lacks (NaN) are left out. NaN where one of them is the same in every cell.
    """
    from scipy.stats import spearmanr

    off = ~torch.eye(len(a), dtype=torch.bool, device=a.device) & ~a.isnan() & ~b.isnan()
    first, second = a[off].cpu().numpy(), b[off].cpu().numpy()
    if not len(first) or (first == first[0]).all() or (second == second[0]).all():
        return math.nan
    return float(spearmanr(first, second).statistic)


@dataclass(frozen=True)
class Dendrogram:
    """Which classes join, ready to draw.

    order: the classes from left to right. links: (x0, x1, height, left_height, right_height) of each joint, lowest
    first: a bar at `height` from x0 to x1, its ends going down to the heights below. Class order[i] stands at x = i;
    height is a distance, 0 to 1.
    """

    order: list[int]
    links: list[tuple[float, float, float, float, float]]


def dendrogram(similarity: Tensor) -> Dendrogram:
    """Average linkage (UPGMA, Sokal and Michener 1958) of 1 - similarity [C, C] made symmetric.

    A class without images, NaN in its row, counts by its column; what nobody knows counts as no similarity.
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    alike = torch.stack([similarity, similarity.T]).nanmean(dim=0).nan_to_num(0.0)
    distances = squareform((1.0 - alike).fill_diagonal_(0.0).cpu().numpy(), checks=False)
    joints = hierarchy.linkage(distances, method="average", optimal_ordering=True)
    drawn = hierarchy.dendrogram(joints, no_plot=True)
    # scipy puts its leaves at 5, 15, 25 ...
    links = [
        ((x[0] - 5) / 10, (x[2] - 5) / 10, y[1], y[0], y[3])
        for x, y in zip(drawn["icoord"], drawn["dcoord"], strict=True)
    ]
    return Dendrogram(drawn["leaves"], sorted(links, key=lambda link: link[2]))


def beside(tree: Dendrogram, first: Dendrogram) -> Dendrogram:
    """The same tree, mirrored where its classes then stand nearer to those of another: which side is left says nothing."""
    last = len(tree.order) - 1
    places = {label: place for place, label in enumerate(first.order)}
    along = sum((2 * place - last) * (2 * places[label] - last) for place, label in enumerate(tree.order))
    if along >= 0:
        return tree
    links = [(last - x1, last - x0, height, right, left) for x0, x1, height, left, right in tree.links]
    return Dendrogram(tree.order[::-1], links)
