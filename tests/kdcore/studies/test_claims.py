"""When a difference may be claimed: by its sign in every seed, and by two standard errors."""

from __future__ import annotations

import pytest

from kdcore.studies.claims import fewer_errors


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ([30, 31, 29], [40, 42, 39], True),
        ([30, 41, 29], [40, 40, 39], False),  # one seed says otherwise
        ([30, 39, 10], [31, 40, 40], False),  # the mean is within two standard errors
        ([40, 42, 39], [30, 31, 29], False),  # the other way round
        ([30], [40], False),  # one seed claims nothing
        ([30, 30, 30], [30, 30, 30], False),
        ([30, 30], [31, 31], True),
    ],
)
def test_a_claim_needs_every_sign_and_two_standard_errors(
    first: list[int], second: list[int], holds: bool
) -> None:
    assert fewer_errors(first, second).holds is holds


def test_the_standard_error_is_of_paired_differences() -> None:
    verdict = fewer_errors([10, 20, 33], [14, 26, 41])
    assert verdict.differences == (-4, -6, -8)
    assert verdict.mean == -6
    assert verdict.standard_error == pytest.approx(2 / 3**0.5)


def test_seeds_must_match() -> None:
    with pytest.raises(ValueError, match="shorter"):
        fewer_errors([1, 2], [1])
