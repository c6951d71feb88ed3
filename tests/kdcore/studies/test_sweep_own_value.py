"""The value that a sweep's recipe has itself, beside the one that is best on validation."""

from __future__ import annotations

import pytest

from kdcore.experiment import Experiment
from kdcore.studies.sweep_findings import findings
from kdcore.studies.sweep_own_value import own_value_sentence
from tests.kdcore.studies.small_sweeps import tried

SETTINGS = tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5), tried(4, (11, 11, 12))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (2.0, "The recipe itself has T = 2: it is the best on validation."),
        (
            4.0,
            "The recipe itself has T = 4. That T = 2 is better on validation may be chance: at 3 seeds their test errors "
            "cannot be told apart.",
        ),
        (1.0, "The recipe itself has T = 1: it makes more errors than T = 2."),
        (3.0, ""),
    ],
)
def test_the_recipes_own_value_is_compared_with_the_best(own: float, said: str) -> None:
    recipe = Experiment().with_flat(temperature=own).flat()
    assert own_value_sentence(findings(SETTINGS), recipe) == said


def test_one_seed_says_nothing_of_it() -> None:
    one_seed = findings([tried(2, (10,)), tried(4, (11,))])
    assert own_value_sentence(one_seed, Experiment().flat()) == ""
    assert own_value_sentence(None, {}) == ""
