"""How far a network is from a known truth, against scipy and closed forms."""

from __future__ import annotations

import math

import pytest
import scipy.special
import scipy.stats
import torch

from kdcore.metrics import classification, truth


@pytest.fixture
def known() -> torch.Tensor:
    """Rows of probabilities, half of them certain."""
    generator = torch.Generator().manual_seed(0)
    soft = torch.rand(50, 7, generator=generator, dtype=torch.float64).softmax(dim=1)
    return torch.cat([soft, torch.eye(7, dtype=torch.float64).repeat(8, 1)[:50]])


@pytest.fixture
def logits(known: torch.Tensor) -> torch.Tensor:
    return 3 * torch.randn(known.shape, generator=torch.Generator().manual_seed(1))


def test_the_divergence_is_scipys(known: torch.Tensor, logits: torch.Tensor) -> None:
    said = scipy.special.softmax(logits.double().numpy(), axis=1)
    expected = scipy.stats.entropy(known.numpy(), said, axis=1).mean()
    assert truth.kl_from_truth(logits, known) == pytest.approx(expected, rel=1e-12)


def test_the_entropy_is_scipys(known: torch.Tensor) -> None:
    assert truth.entropy(known) == pytest.approx(scipy.stats.entropy(known.numpy(), axis=1).mean(), rel=1e-12)


def test_one_image_by_hand() -> None:
    even = torch.tensor([[0.5, 0.5]])
    assert truth.kl_from_truth(torch.zeros(1, 2), even) == pytest.approx(0, abs=1e-15)
    three_to_one = torch.tensor([[math.log(3), 0.0]], dtype=torch.float64)
    assert truth.kl_from_truth(three_to_one, even) == pytest.approx(0.5 * math.log(4 / 3))


def test_for_certain_labels_it_is_the_nll(logits: torch.Tensor) -> None:
    labels = torch.arange(100) % 7
    known = torch.eye(7)[labels]
    assert truth.kl_from_truth(logits, known) == pytest.approx(classification.nll(logits, labels), rel=1e-12)


def test_it_stays_finite_where_a_probability_underflows() -> None:
    assert truth.kl_from_truth(torch.tensor([[1000.0, 0.0]]), torch.tensor([[0.0, 1.0]])) == 1000.0


def test_logits_of_the_truth_say_the_truth(known: torch.Tensor) -> None:
    said = truth.logits(known)
    assert torch.isfinite(said).all()
    assert truth.kl_from_truth(said, known) == pytest.approx(0, abs=1e-5)
    torch.testing.assert_close(said.double().softmax(dim=1), known, atol=1e-5, rtol=0)
