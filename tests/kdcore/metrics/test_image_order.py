"""Which images come first, on logits small enough to order by hand."""

from __future__ import annotations

import torch

from kdcore.metrics.image_order import order

# Images 0 to 4, labels 0 0 1 1 2; the first network is wrong about 3 (sure of class 2) and about 4 (not sure).
FIRST = torch.tensor(
    [[5.0, 0.0, 0.0], [2.0, 1.9, 0.0], [0.0, 3.0, 1.0], [0.0, 1.0, 9.0], [1.0, 1.1, 0.9]], dtype=torch.float64
)
LABELS = torch.tensor([0, 0, 1, 1, 2])
SECOND = FIRST.clone()
SECOND[2] = torch.tensor([9.0, 0.0, 0.0])


def test_the_clearest_second_answer_first_among_what_is_right_and_sure() -> None:
    logits = torch.cat([FIRST, torch.tensor([[4.0, 1.5, 0.0], [9.0, 6.0, 5.9]])])
    labels = torch.cat([LABELS, torch.tensor([0, 0])])
    assert order("dark", [logits], labels) == [5, 6, 0], (
        "1 and 2 are right and not sure, 3 is sure and not right"
    )


def test_the_least_sure_first_among_right_answers() -> None:
    assert order("unsure", [FIRST], LABELS) == [1, 2, 0]


def test_a_pair_by_the_belief_in_the_other_class() -> None:
    assert order("pair", [FIRST], LABELS, pair=(0, 1)) == [1, 0]
    assert order("pair", [FIRST], LABELS, pair=(1, 2)) == [3, 2]
    assert order("pair", [FIRST], LABELS, pair=(2, 0)) == [4]


def test_mistakes_the_surest_first() -> None:
    assert order("mistakes", [FIRST], LABELS) == [3, 4]
    assert order("mistakes", [FIRST[:3]], LABELS[:3]) == []


def test_disagreement_of_the_first_and_the_last_network() -> None:
    found = order("disagree", [FIRST, FIRST, SECOND], LABELS)
    assert found[0] == 2
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert order("disagree", [FIRST], LABELS) == order("dark", [FIRST], LABELS)


def test_random_is_by_its_seed_and_holds_every_image() -> None:
    assert order("random", [FIRST], LABELS, seed=3) == order("random", [FIRST], LABELS, seed=3)
    orders = {tuple(order("random", [FIRST], LABELS, seed=seed)) for seed in range(8)}
    assert len(orders) > 1
    assert all(sorted(found) == [0, 1, 2, 3, 4] for found in orders)
