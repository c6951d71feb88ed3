"""The commonest mistakes of a network."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from kdcore.metrics import per_class


@dataclass(frozen=True)
class Confusion:
    """Images of class `label` that are answered `answer`: how many, and their share of the class, 0 to 1."""

    label: int
    answer: int
    count: int
    share: float


def top_confusions(logits: Tensor, labels: Tensor, most: int = 10) -> list[Confusion]:
    """The commonest mistakes, most images first, by label and answer where equal. logits [n, C], labels [n]."""
    counts = per_class.confusion_matrix(logits, labels)
    images = counts.sum(dim=1).tolist()
    wrong = counts.clone().fill_diagonal_(0)
    found = [
        Confusion(label, answer, count, count / images[label])
        for label, answer in wrong.nonzero().tolist()
        for count in [int(wrong[label, answer])]
    ]
    return sorted(found, key=lambda confusion: -confusion.count)[:most]
