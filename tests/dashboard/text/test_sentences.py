from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from dashboard.text.numbers import duration, large, percent, points, short_time, signed, size_of, with_others
from dashboard.text.result_sentences import what_this_shows
from tests.dashboard.fake_manager import RESULTS


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0 s"),
        (1.26, "1.3 s"),
        (5, "5 s"),
        (14.4, "14 s"),
        (125, "2 min 5 s"),
        (900, "15 min"),
        (4800, "1 h 20 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_shared_time_says_with_whom() -> None:
    assert [with_others("33 s", n) for n in (0, 1, 26)] == [
        "33 s",
        "33 s with 1 other",
        "33 s with 26 others",
    ]


def test_numbers_have_the_digits_they_deserve() -> None:
    assert percent(28 / 400, 400) == "7.0 %"
    assert percent(449 / 10_000, 10_000) == "4.49 %"
    assert points(-11 / 400, 400) == "−2.8"
    assert signed(0.0004, 3) == "0.000", "nought has no sign"
    assert [large(n) for n in (421, 23_860, 2_392_010)] == ["421", "23.9 k", "2.39 M"]
    assert size_of(9_040) == "9.04 kB"
    assert [short_time(s) for s in (4.2e-5, 1.24e-3, 0.31)] == ["42 µs", "1.2 ms", "0.31 s"]
    assert [short_time(s) for s in (9.97e-5, 0.0997, 1.6, 153.0)] == ["0.1 ms", "0.1 s", "1.6 s", "150 s"]


def with_errors(student: int, twin: int) -> dict[str, Any]:
    results = deepcopy(RESULTS)
    results["student"]["test_errors"], results["twin"]["test_errors"] = student, twin
    return results


def test_the_sentence_says_what_was_counted() -> None:
    said = what_this_shows(RESULTS)
    assert "made 28 errors" in said
    assert "its twin (the same, labels only) 39" in said
    assert "That is 11 fewer (−2.8 points)." in said
    assert "one seed" in said


def test_the_sentence_speaks_of_no_teacher_that_was_not_asked() -> None:
    assert "The teacher made" in what_this_shows(RESULTS)
    said = what_this_shows({who: tested for who, tested in RESULTS.items() if who != "teacher"})
    assert "the student (mlp-30) made" in said
    assert "teacher" not in said
    assert "distilled" not in said


def test_the_sentence_does_not_flatter() -> None:
    assert "That is 25 more (+6.2 points)." in what_this_shows(with_errors(64, 39))
    assert "Chance alone could" in what_this_shows(with_errors(717, 718))
    assert "Chance alone could" in what_this_shows(with_errors(28, 39)), "11 of sqrt(67): not beyond 5 %"
    assert "Chance" not in what_this_shows(with_errors(20, 39))
    assert "no difference" in what_this_shows(with_errors(39, 39))


def test_the_sentence_tells_of_changes_and_stops() -> None:
    assert "changed while it ran" in what_this_shows(RESULTS, changed=True)
    assert "stopped before its end" in what_this_shows(RESULTS, stopped=True)


def test_nothing_is_said_without_results() -> None:
    assert what_this_shows({}) == ""
    assert what_this_shows({"seconds": {}}) == ""
