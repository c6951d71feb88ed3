"""A class that was left out: recall, and the bias that is found on validation, against a search by brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdcore.metrics.class_bias import biased, recall, tuned_bias


@pytest.fixture
def said() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 5, (300,), generator=generator)
    logits = torch.randn(300, 5, generator=generator) + 2.0 * torch.nn.functional.one_hot(labels, 5)
    logits[:, 3] -= 3.0
    return logits, labels


def errors(logits: torch.Tensor, labels: torch.Tensor, c: int, bias: float) -> int:
    moved = logits.numpy().astype(np.float64).copy()
    moved[:, c] += bias
    return int((moved.argmax(axis=1) != labels.numpy()).sum())


def test_recall_counts_the_omitted_classes_apart(said: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = said
    found = recall(logits, labels, [3])
    wrong = logits.numpy().argmax(axis=1) != labels.numpy()
    of_three = labels.numpy() == 3
    assert (found.errors, found.images) == (wrong.sum(), 300)
    assert (found.omitted_errors, found.omitted_images) == ((wrong & of_three).sum(), of_three.sum())
    assert found.recall == pytest.approx((~wrong & of_three).sum() / of_three.sum())


def test_the_tuned_bias_has_the_fewest_errors_of_all(said: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = said
    bias = tuned_bias(logits, labels, [3])
    tried = min(errors(logits, labels, 3, b) for b in np.arange(-10, 15, 0.005))
    assert recall(logits, labels, [3], bias).errors == errors(logits, labels, 3, bias[3]) == tried
    assert recall(logits, labels, [3], bias).recall > recall(logits, labels, [3]).recall + 0.3


def test_two_omitted_classes_are_both_mended(said: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = said
    logits[:, 1] -= 4.0
    bias = tuned_bias(logits, labels, [1, 3])
    both = recall(logits, labels, [1, 3], bias)
    for alone in ([1], [3]):
        assert both.errors < recall(logits, labels, [1, 3], tuned_bias(logits, labels, alone)).errors
    assert torch.equal(biased(logits, bias)[:, [0, 2, 4]], logits[:, [0, 2, 4]])


def test_where_nothing_is_gained_the_bias_stays_small() -> None:
    logits = 20.0 * torch.eye(4)
    assert abs(tuned_bias(logits, torch.arange(4), [2])[2]) <= 10


def test_images_that_flip_together_are_not_told_apart() -> None:
    """Four equal images of two labels: no bias can answer two of them so and two otherwise."""
    logits = torch.tensor([[1.0, 0.0]] * 4)
    labels = torch.tensor([0, 0, 0, 1])
    bias = tuned_bias(logits, labels, [1])
    assert recall(logits, labels, [1], bias).errors == 1
