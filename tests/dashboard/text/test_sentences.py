from __future__ import annotations

import re

import pytest

from dashboard.text.numbers import duration, large, short_time, size_of, with_others
from dashboard.text.result_sentences import what_this_shows
from kdcore.studies.run_conclusion import conclusion
from kdcore.texts import percent, points, signed
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


def test_the_sentence_is_the_librarys() -> None:
    assert what_this_shows(RESULTS) == conclusion(RESULTS)
    assert what_this_shows(RESULTS, changed=True, stopped=True) == conclusion(
        RESULTS, changed=True, stopped=True
    )
    assert what_this_shows(RESULTS, uncalibrated="why.") == conclusion(RESULTS, uncalibrated="why.")
    assert what_this_shows({}) is None


def test_the_sentence_is_translated_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece passes through the translator before its numbers are filled in."""
    asked: list[str] = []

    def heard(text: str) -> str:
        asked.append(text)
        return text

    def counted(one: str, many: str, n: int) -> str:
        asked.append(many)
        return one if n == 1 else many

    monkeypatch.setattr("dashboard.text.result_sentences._", heard)
    monkeypatch.setattr("dashboard.text.result_sentences.ngettext", counted)
    what_this_shows(RESULTS, uncalibrated="a reason.", changed=True, stopped=True)
    assert {
        "a reason.",
        "{n} errors",
        "Student − twin: {errors} ({points} points).",
        "It was stopped before its end.",
    } <= set(asked)
    assert not [text for text in asked if re.search(r"\d", text)], "numbers come later"
