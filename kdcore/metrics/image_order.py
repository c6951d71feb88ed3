"""Which images to show first: orders of a split by what networks say about them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.metrics import dark_knowledge
from kdcore.texts import N_

ORDERS = {
    "dark": N_("right, 90 % sure, clearest second answer"),
    "unsure": N_("right, but least sure"),
    "pair": N_("one class that looks like another"),
    "disagree": N_("first and last network disagree most"),
    "mistakes": N_("mistakes of the first network"),
    "random": N_("at random"),
}
SURE = 0.9
"""From this belief at T = 1 a network counts as sure: below it, the second answer is doubt rather than likeness."""


def order(
    by: str, logits: Sequence[Tensor], labels: Tensor, *, pair: tuple[int, int] = (0, 1), seed: int = 0
) -> list[int]:
    """The images' places in the order called `by`, the first to be shown first.

    dark: right answers of which the first network is SURE, by its falling belief in the second answer. unsure: its right
    answers by falling entropy. pair: images of the first class by falling belief of the first network in the second.
    disagree: by falling KL of the last network to the first, at T = 1; as dark where there is one network. mistakes:
    images that the first network gets wrong, the surest first. random: by `seed`.

    Args:
        logits: of each network, the teacher first, [n, C].
        labels: [n].
    """
    first = logits[0]
    right = first.argmax(dim=1) == labels
    match by:
        case "pair":
            belief = dark_knowledge.soft_targets(first, 1.0)[:, pair[1]]
            return _falling(belief, labels == pair[0])
        case "disagree" if len(logits) > 1:
            return _falling(dark_knowledge.disagreement(first, logits[-1]))
        case "mistakes":
            return _falling(_beliefs(first)[0], ~right)
        case "random":
            return torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed)).tolist()
        case "unsure":
            return _falling(dark_knowledge.dark_knowledge(first), right)
    sure, second = _beliefs(first)
    return _falling(second, right & (sure >= SURE))


def _beliefs(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The belief in the first and in the second answer at T = 1, each [n]."""
    first, second = dark_knowledge.soft_targets(logits, 1.0).topk(2, dim=1).values.unbind(dim=1)
    return first, second


def _falling(value: Tensor, among: Tensor | None = None) -> list[int]:
    places = torch.arange(len(value)) if among is None else among.nonzero().flatten()
    found: list[int] = places[value[places].argsort(descending=True, stable=True)].tolist()
    return found
