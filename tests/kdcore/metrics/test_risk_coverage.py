"""Risk against coverage: beside a loop over thresholds, in closed form, and where images are equally sure."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kdcore.metrics import classification
from kdcore.metrics.risk_coverage import risk_coverage

CLASSES = 5


@pytest.fixture
def logits() -> Tensor:
    return 2 * torch.randn(300, CLASSES, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels(logits: Tensor) -> Tensor:
    """Right for about two in three."""
    drawn = torch.randint(0, CLASSES, (len(logits),), generator=torch.Generator().manual_seed(1))
    return torch.where(torch.arange(len(logits)) % 5 < 3, logits.argmax(dim=1), drawn)


def test_the_curve_is_that_of_a_loop_over_thresholds(logits: Tensor, labels: Tensor) -> None:
    """Geifman and El-Yaniv 2017, section 2: the error among what is answered above a threshold of the largest probability."""
    found = risk_coverage(logits, labels)
    believed, answer = logits.double().softmax(dim=1).max(dim=1)
    for k in (1, 7, 100, 299, 300):
        threshold = believed.sort(descending=True).values[k - 1]
        answered = believed >= threshold
        assert int(answered.sum()) == k
        assert float(found.risk[k - 1]) == pytest.approx(float((answer != labels)[answered].double().mean()))
        assert float(found.confidence[k - 1]) == pytest.approx(float(threshold))
        assert float(found.coverage[k - 1]) == pytest.approx(k / 300)


def test_at_full_coverage_it_is_the_error(logits: Tensor, labels: Tensor) -> None:
    found = risk_coverage(logits, labels)
    assert float(found.errors[-1]) == classification.errors(logits, labels)
    assert float(found.risk[-1]) == pytest.approx(1 - classification.accuracy(logits, labels))


def test_who_is_surest_where_it_is_right_has_the_smallest_area() -> None:
    sure = torch.tensor([4.0, 3.0, 2.0, 1.0])
    logits = torch.stack([sure, torch.zeros(4)], dim=1)
    last_wrong, first_wrong = torch.tensor([0, 0, 0, 1]), torch.tensor([1, 0, 0, 0])
    assert risk_coverage(logits, last_wrong).area == pytest.approx((0 + 0 + 0 + 1 / 4) / 4)
    assert risk_coverage(logits, first_wrong).area == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_among_equally_sure_images_errors_are_spread_evenly_whatever_their_order() -> None:
    logits = torch.tensor([[3.0, 0.0]] * 4)
    for labels in ([1, 0, 0, 0], [0, 0, 0, 1]):
        found = risk_coverage(logits, torch.tensor(labels))
        assert found.risk.tolist() == pytest.approx([0.25] * 4)


def test_an_order_is_kept_where_probabilities_round_to_one() -> None:
    logits = torch.tensor([[100.0, 0.0], [300.0, 0.0], [200.0, 0.0]])
    found = risk_coverage(logits, torch.tensor([1, 0, 0]))
    assert found.errors.tolist() == [0.0, 0.0, 1.0], "the least sure of the three is the wrong one"
    assert found.risk.dtype == torch.float64


@pytest.mark.parametrize(("share", "images"), [(1.0, 10), (0.8, 8), (0.75, 8), (0.1, 1), (0.01, 1), (0.7, 7)])
def test_a_share_ends_at_the_first_image_that_reaches_it(share: float, images: int) -> None:
    found = risk_coverage(torch.randn(10, 3), torch.zeros(10, dtype=torch.long))
    assert found.place(share) == images - 1


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_out_of_bounds_is_refused(share: float) -> None:
    found = risk_coverage(torch.randn(10, 3), torch.zeros(10, dtype=torch.long))
    with pytest.raises(ValueError, match="more than 0"):
        found.place(share)
