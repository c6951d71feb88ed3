"""Which settings of a sweep can be told apart, by errors and by NLL, and what more seeds could tell."""

from __future__ import annotations

import pytest

from kdcore.studies.claims import MORE_THAN_MOST
from kdcore.studies.sweep_findings import (
    FIRST_SEEDS,
    Findings,
    SettingErrors,
    findings,
    pairs_unseen,
    settings_named,
)
from tests.kdcore.studies.small_sweeps import tried


def found(*settings: SettingErrors) -> Findings:
    result = findings(settings)
    assert result is not None
    return result


def temperatures(settings: tuple[SettingErrors, ...]) -> list[float]:
    return [one.setting["temperature"] for one in settings]


def test_settings_are_compared_with_the_best_on_validation() -> None:
    result = found(
        tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5), tried(4, (11, 11, 12)), tried(8, (1, 9, 3))
    )
    [by_errors] = result.judged
    assert result.best.setting == {"temperature": 2}
    assert temperatures(by_errors.worse) == [1]
    assert temperatures(by_errors.alike) == [4, 8], "T = 8: seven fewer, in too few seeds"


def test_a_difference_whose_signs_disagree_is_not_claimed() -> None:
    """A mean far from zero does not help where one seed speaks against it."""
    [judged] = found(tried(1, (10, 10, 40)), tried(2, (11, 4, 5), 5)).judged
    assert len(judged.alike) == 1


def test_every_pair_counts_since_any_setting_could_have_been_the_best() -> None:
    assert [pairs_unseen(n) for n in (1, 2, 3, 9)] == [0, 0, 1, 28]
    two = [tried(1, (20, 24, 22)), tried(2, (10, 12, 11), 5)]
    assert len(found(*two).judged[0].worse) == 1
    unclear = [tried(t, (10, 12, 14), twin=(12, 11, 15)) for t in range(3, 9)]
    assert len(found(*two, *unclear).judged[0].worse) == 0


def test_errors_and_nll_are_judged_apart() -> None:
    """Errs as often as its twin, and knows much better when it errs."""
    one = tried(4, (10, 12, 11), twin=(11, 10, 12), nll=(0.10, 0.11, 0.10), twin_nll=(0.30, 0.311, 0.302))
    by_errors, by_nll = found(one).judged
    assert (by_errors.measure, by_nll.measure) == ("errors", "nll")
    assert (by_errors.helped, by_nll.helped) == ((), (one,))
    assert by_nll.best_and_twin.difference.mean == pytest.approx(-0.201, abs=1e-3)


def test_nll_is_not_judged_where_a_setting_lacks_it() -> None:
    judged = found(tried(1, (5, 6), nll=(1.0, 1.1), twin_nll=(2.0, 2.1)), tried(2, (5, 6))).judged
    assert [one.measure for one in judged] == ["errors"]


def test_both_measures_are_corrected_together() -> None:
    errors, twin = (30, 33, 37), (40, 42, 42)
    [alone] = found(tried(4, errors, twin=twin)).judged
    unclear = {"nll": (0.1, 0.2, 0.3), "twin_nll": (0.3, 0.2, 0.1)}
    beside = found(tried(4, errors, twin=twin, **unclear)).judged[0]
    assert 0.025 < alone.best_and_twin.difference.p < 0.05
    assert (len(alone.helped), len(beside.helped)) == (1, 0)


def test_what_the_fewest_further_seeds_could_tell_is_named() -> None:
    near, far = (30, 33, 39), (40, 42, 41)
    result = found(tried(1, near, twin=(40, 42, 43)), tried(2, far, 5, twin=(41, 42, 41)))
    left = result.undecided
    assert left is not None
    assert (left.setting.setting, left.from_twin, left.measure) == ({"temperature": 1}, True, "errors")
    assert result.more_seeds == left.seeds > 3


def test_one_seed_asks_for_five_and_hopeless_differences_for_none() -> None:
    assert found(tried(1, (5,)), tried(2, (50,), 5)).more_seeds == FIRST_SEEDS
    hopeless = found(tried(1, (5, 6, 7), twin=(6, 5, 7)))
    assert hopeless.undecided is None or hopeless.undecided.seeds == MORE_THAN_MOST
    assert hopeless.more_seeds is None
    assert findings([]) is None


def test_settings_are_named_by_what_distinguishes_them() -> None:
    two = [
        SettingErrors({"student": s, "teacher_weight": w}, (1,), (1,), (1,), 9)
        for s in ("a", "b")
        for w in (0.5, 0.9)
    ]
    assert settings_named(two, two) == "4 of 4 settings"
    words = [
        SettingErrors({"student": name}, (1,), (1,), (1,), 9) for name in ("mlp-10", "mlp-30", "cnn-small")
    ]
    assert settings_named(words[::-1], words) == "mlp-10, mlp-30 and cnn-small", "in the sweep's order"
    numbers = [tried(t, (1,)) for t in (20, 1, 8, 4)]
    assert settings_named(numbers[:1] + numbers[2:], numbers) == "T = 4 to 20"
    assert settings_named(numbers[2:], numbers) == "T = 4 and 8"
    assert settings_named(numbers[:3], numbers) == "T = 1, 8 and 20", "4 lies between"
