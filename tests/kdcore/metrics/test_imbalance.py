"""Errors class by class, against scikit-learn's balanced accuracy."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from kdcore.metrics.imbalance import class_errors, imbalanced


def test_the_balanced_error_is_that_of_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(3)
    labels = torch.tensor([0] * 90 + [1] * 9 + [2] * 3)
    logits = torch.randn(len(labels), 3, generator=generator)
    found = class_errors(logits, labels)
    assert found.images == (90, 9, 3)
    assert sum(found.errors) == int((logits.argmax(dim=1) != labels).sum())
    assert found.balanced == pytest.approx(1 - balanced_accuracy_score(labels, logits.argmax(dim=1)))


def test_a_network_that_knows_only_the_common_class_errs_on_half() -> None:
    labels = torch.tensor([0] * 199 + [1])
    found = class_errors(torch.tensor([[1.0, 0.0, -1.0]]).repeat(200, 1), labels)
    assert found.errors == (0, 1, 0)
    assert found.balanced == 0.5, "a class without images is not counted"


@pytest.mark.parametrize(
    ("images", "so"),
    [((30, 10), True), ((29, 10), False), ((29, 10, 0), False), ((5,), False), ((0, 0), False)],
)
def test_three_times_as_many_images_are_imbalanced(images: tuple[int, ...], so: bool) -> None:
    assert imbalanced(images) is so
