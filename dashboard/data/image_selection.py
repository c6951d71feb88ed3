"""The images of a selected cell (a label and an answer), and the networks' soft targets on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.data.compared_networks import Cell, ComparedNetworks
from dashboard.data.network_metrics import cached_metric


@dataclass(frozen=True)
class CellImages:
    """The images of a cell.

    Attributes:
        cell: the label and the answer.
        images: their indices in the split, the best example first.
        counts: how many images with the label each network answers so.
        by_answer: whether any network answers so; else these are the class's images that come closest.
    """

    cell: Cell
    images: NDArray[np.int64]
    counts: tuple[int, ...]
    by_answer: bool


CLOSEST = 24
"""How many images are selected of a class that no network mistakes for the other."""


@cached_metric
def selected_images(compared: ComparedNetworks, cell: Cell) -> CellImages:
    """The images with a label that at least one network answers so, sorted by the first network's belief in the answer, falling.

    On the diagonal, the images of the class by rising belief in it: the doubtful ones first.
    """
    import torch

    from kdcore.metrics import dark_knowledge

    label, answer = cell
    own = compared.labels == label
    answered = torch.stack([logits.argmax(dim=1) == answer for logits in compared.logits])
    counts = tuple(int(one) for one in (answered & own).sum(dim=1))
    belief = dark_knowledge.log_soft_targets(compared.logits[0])[:, answer]
    among = own if label == answer else own & answered.any(dim=0)
    by_answer = bool(among.any())
    places = (among if by_answer else own).nonzero().flatten()
    order = belief[places].argsort(descending=label != answer, stable=True)
    images: NDArray[np.int64] = places[order].numpy()
    return CellImages(cell, images if by_answer else images[:CLOSEST], counts, by_answer)


@cached_metric
def mean_beliefs(compared: ComparedNetworks, cell: Cell, temperature: float) -> NDArray[np.float64]:
    """The mean soft target at T over the chosen images, [networks, C]; NaN where there are none."""
    from kdcore.metrics import dark_knowledge

    places = selected_images(compared, cell).images
    means = [
        dark_knowledge.soft_targets(logits[places], temperature).mean(dim=0).numpy()
        for logits in compared.logits
    ]
    return np.stack(means)


def answers_of(compared: ComparedNetworks, place: int) -> list[int]:
    """Each network's answer about one image."""
    return [int(logits[place].argmax()) for logits in compared.logits]
