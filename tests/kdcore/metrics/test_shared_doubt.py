"""Where two beliefs doubt the same images."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import spearmanr

from kdcore.metrics.shared_doubt import shared_doubt


def test_each_pair_is_spearmans_correlation_over_the_images_of_a_class() -> None:
    generator = torch.Generator().manual_seed(0)
    first, noise = (torch.randn(300, 4, generator=generator) for _ in range(2))
    second, labels = first + noise, torch.arange(300) % 4
    found = shared_doubt(first, second, labels, 2.0)
    for a in range(4):
        for b in range(4):
            if a == b:
                assert found[a, b].isnan()
                continue
            beliefs = [(z[labels == a].double() / 2).softmax(dim=1)[:, b].numpy() for z in (first, second)]
            assert float(found[a, b]) == pytest.approx(spearmanr(*beliefs).statistic, abs=1e-9)


def test_who_doubts_alike_correlates_fully_and_one_belief_for_all_not_at_all() -> None:
    logits = torch.randn(60, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(60) % 2
    alike = shared_doubt(logits, 3 * logits, labels, 1.0)
    assert alike[0, 1] > 0.9
    assert alike[2].isnan().all(), "a class without images"
    assert shared_doubt(logits, torch.zeros(60, 3), labels).isnan().all()
