"""The rule for claims, tried on made-up errors: it claims little of nothing, and finds a gain with the seeds that it asks for."""

from __future__ import annotations

import numpy as np
import pytest

from kdcore.studies import claims
from scripts import claim_simulation
from scripts.claim_simulation import (
    GAINS,
    SEEDS,
    TABLES,
    FalseClaims,
    false_claims,
    found_effects,
    looking_again,
    measured_spread,
)
from tests.manual import page


@pytest.fixture(scope="module")
def of_nothing() -> list[FalseClaims]:
    return [*false_claims()]


def most(tables: int) -> float:
    """5 % and three standard errors of a share that so many tables give."""
    return 0.05 + 3 * (0.05 * 0.95 / tables) ** 0.5


def test_of_nothing_something_is_claimed_in_at_most_five_percent_of_tables(
    of_nothing: list[FalseClaims],
) -> None:
    assert {one.seeds for one in of_nothing} == {*SEEDS} == {2, 3, 5}
    assert len({one.where for one in of_nothing}) == 3
    for one in of_nothing:
        assert one.normal <= most(TABLES), one
        assert one.counts <= most(TABLES), one


def test_the_rule_is_not_so_strict_that_it_never_errs(of_nothing: list[FalseClaims]) -> None:
    """Of single comparisons it claims its 5 %: a rule that claims nothing would pass the test above."""
    alone = [one for one in of_nothing if one.where == "one comparison" and one.seeds > 2]
    assert all(one.counts >= 0.1 - most(TABLES) for one in alone)


def test_without_the_correction_a_table_of_methods_claims_something_almost_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_simulation, "holm", lambda p, beside=0: p <= claims.LEVEL)
    rng = np.random.default_rng(0)
    assert claim_simulation.claimed(claim_simulation.table_differences(rng, "counts", 39, 3)) > 0.5


def test_a_gain_like_that_on_5000_images_is_found_with_the_seeds_that_are_asked_for() -> None:
    least = 0.8 - 3 * (0.8 * 0.2 / GAINS) ** 0.5
    for one in found_effects():
        assert one.found >= least, one
        assert one.found_later >= least, one
        assert one.at_first < one.found, one


def test_the_spread_of_the_gain_is_that_which_was_measured() -> None:
    drawn = claim_simulation.table_differences(np.random.default_rng(0), "counts", 1, 5)
    assert drawn.std() == pytest.approx(measured_spread(), rel=0.05), (
        "as wide as the differences without a gain"
    )


def test_the_page_about_claims_shows_what_the_simulation_finds() -> None:
    text = page("docs/claims.md")
    assert all(table in text for table in claim_simulation.markdown().split("\n\n"))
    assert f"{100 * looking_again():.0f} %" in text
