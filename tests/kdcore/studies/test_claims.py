"""When a difference may be claimed: a paired t-test, corrected over all that stands together, and the seeds that could tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from kdcore.studies.claims import (
    LEVEL,
    MORE_THAN_MOST,
    Difference,
    claims,
    compare,
    holm,
    paired_p,
    seeds_text,
    seeds_to_tell,
    unbiased_deviation,
)


def holds(first: list[float], second: list[float], **asked: object) -> bool:
    [verdict] = claims([compare(first, second, "errors", **asked)])  # type: ignore[arg-type]
    return verdict.holds


@pytest.mark.parametrize(
    ("first", "second"), [([10, 20, 33], [14, 26, 41]), ([0.31, 0.28, 0.33, 0.3], [0.3, 0.31, 0.29, 0.29])]
)
def test_the_test_is_that_of_scipy(first: list[float], second: list[float]) -> None:
    for asked, alternative in (("either", "two-sided"), ("less", "less")):
        expected = stats.ttest_rel(first, second, alternative=alternative)
        found = compare(first, second, "errors", asked)  # type: ignore[arg-type]
        assert found.p == pytest.approx(expected.pvalue)
        assert found.mean / found.standard_error == pytest.approx(expected.statistic)


def test_the_standard_error_is_of_paired_differences() -> None:
    found = compare([10, 20, 33], [14, 26, 41], "errors")
    assert found.differences == (-4, -6, -8)
    assert found.mean == -6
    assert found.standard_error == pytest.approx(2 / 3**0.5)


@pytest.mark.parametrize(
    ("first", "second", "either", "less"),
    [
        ([30, 31, 29], [40, 42, 39], True, True),
        (
            [23, 20, 14],
            [41, 33, 21],
            False,
            True,
        ),  # every sign, four standard errors: enough for one side only
        ([30, 41, 29], [40, 40, 39], False, False),  # one seed says otherwise
        ([40, 42, 39], [30, 31, 29], True, False),  # the other way round
        ([30], [40], False, False),  # one seed claims nothing
        ([30, 30, 30], [30, 30, 30], False, False),
        ([30, 30], [31, 31], False, False),  # no spread: whole numbers agree by chance
        ([0.3 - 0.1, 0.4 - 0.1, 0.5 - 0.1], [0.3, 0.4, 0.5], False, False),  # nor that of rounding
    ],
)
def test_what_is_claimed_of_one_comparison(
    first: list[float], second: list[float], either: bool, less: bool
) -> None:
    assert holds(first, second) is either
    assert holds(first, second, asked="less") is less


def test_what_differs_by_rounding_alone_is_the_same() -> None:
    same = compare([0.41 + 1e-8, 0.38 + 2e-8, 0.45 + 1.5e-8], [0.41, 0.38, 0.45], "nll")
    assert (same.differences, same.p) == ((0, 0, 0), 1.0)
    assert claims([same])[0].seeds is None


def test_seeds_must_match() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare([1, 2], [1], "errors")
    with pytest.raises(ValueError, match="no seeds"):
        compare([], [], "nll")


def test_a_difference_that_stands_alone_does_not_hold_among_many() -> None:
    clear, nothing = (
        compare([30, 31, 29], [40, 43, 39], "errors"),
        compare([30, 41, 29], [40, 40, 39], "errors"),
    )
    assert claims([clear])[0].less
    assert not claims([clear, *[nothing] * 38])[0].holds
    assert not claims([clear], beside=38)[0].holds
    assert claims([]) == []


def test_a_claim_says_the_side_and_keeps_its_measure() -> None:
    lower = compare([0.10, 0.11, 0.12], [0.20, 0.21, 0.225], "nll")
    more = compare([50, 51, 53], [30, 31, 32], "errors")
    by_nll, by_errors = claims([lower, more])
    assert (by_nll.less, by_nll.more, by_errors.less, by_errors.more) == (True, False, False, True)
    assert (by_nll.difference.measure, by_errors.difference.measure) == ("nll", "errors")
    assert by_nll.seeds is None


def test_holm_steps_down_and_stops_at_the_first_that_fails() -> None:
    p = np.array([0.03, 0.001, 0.04, 0.015])
    assert holm(p).tolist() == [False, True, False, True], (
        "0.015 <= 0.05 / 3; 0.03 > 0.05 / 2, so 0.04 is not asked"
    )
    assert holm(np.array([0.02, 0.001, 0.04, 0.015])).all()
    assert holm(np.array([p, p[::-1]])).tolist() == [[False, True, False, True], [True, False, True, False]]
    assert holm(np.array([0.012])).all()
    assert holm(np.array([0.012]), beside=4).tolist() == [False]


def test_many_tables_are_tested_as_one_is() -> None:
    drawn = np.random.default_rng(0).normal(size=(5, 7, 3))
    expected = stats.ttest_1samp(drawn, 0, axis=-1).pvalue
    assert paired_p(drawn) == pytest.approx(expected)
    assert paired_p(drawn[..., :1]).tolist() == np.ones((5, 7)).tolist()


@pytest.mark.parametrize("asked", ["less", "either"])
@pytest.mark.parametrize("effect", [0.6, 1.0, 2.2, 6.0])
def test_the_seeds_that_could_tell_are_the_fewest_with_power_enough(effect: float, asked: str) -> None:
    level = LEVEL / 5
    seeds = seeds_to_tell(effect, level, asked)  # type: ignore[arg-type]
    assert power(effect, level, seeds, asked) >= 0.8
    assert seeds == 2 or power(effect, level, seeds - 1, asked) < 0.8


def power(effect: float, level: float, seeds: int, asked: str) -> float:
    critical = stats.t.isf(level if asked == "less" else level / 2, seeds - 1)
    return float(stats.nct.sf(critical, seeds - 1, effect * seeds**0.5))


def test_more_seeds_than_fifty_are_not_counted() -> None:
    assert seeds_to_tell(0.1, LEVEL) == MORE_THAN_MOST
    assert seeds_to_tell(1e6, LEVEL) == 2
    assert seeds_to_tell(1e6, LEVEL, after=3) == 4
    assert seeds_text(MORE_THAN_MOST) == "more than 50 seeds needed"
    assert seeds_text(7) == "7 seeds could tell"
    assert seeds_text(None) == ""


def test_a_difference_that_cannot_be_claimed_says_how_many_seeds_could_tell() -> None:
    unclear = compare([30, 33, 39], [40, 42, 43], "errors")
    [verdict] = claims([unclear])
    deviation = unbiased_deviation(float(np.std(unclear.differences, ddof=1)), 3)
    assert verdict.seeds == seeds_to_tell(-unclear.mean / deviation, LEVEL, after=3)
    assert verdict.seeds is not None
    assert verdict.seeds > 3
    [beside] = claims([unclear], beside=9)
    assert beside.seeds is not None
    assert beside.seeds > verdict.seeds, "more comparisons ask for more seeds"


@pytest.mark.parametrize(
    "one",
    [
        compare([30], [40], "errors"),
        compare([30, 30], [31, 31], "errors"),
        compare([40, 42, 39], [30, 31, 29], "errors", "less"),
    ],
)
def test_where_nothing_says_how_many_no_number_is_said(one: Difference) -> None:
    assert claims([one])[0].seeds is None


def test_the_deviation_of_few_draws_is_made_as_large_as_it_is_on_average() -> None:
    drawn = np.random.default_rng(0).normal(size=(20_000, 3)).std(axis=-1, ddof=1)
    assert np.mean([unbiased_deviation(float(one), 3) for one in drawn[:5000]]) == pytest.approx(1, abs=0.03)
    assert unbiased_deviation(1.0, 2) == pytest.approx(math.sqrt(math.pi / 2))
