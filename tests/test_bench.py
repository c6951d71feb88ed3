"""`make bench`: an unknown part is refused with the names of those that there are, a bound that fails is an exit code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import __main__ as bench
from tests import real_data

ROOT = Path(__file__).resolve().parent.parent


def test_a_part_that_there_is_not_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.main(["start", "WRONG"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"There is no part WRONG. There are: {', '.join(bench.parts())}.\n"


@pytest.mark.parametrize(("value", "code"), [(2.0, 0), (3.5, 1)])
def test_only_the_named_parts_are_measured_and_a_missed_bound_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: float, code: int
) -> None:
    def part(data_folder: Path) -> Iterator[tuple[str, float, str]]:
        yield "a ratio", value, "<= 3"

    def other(data_folder: Path) -> Iterator[tuple[str, float, str]]:
        raise AssertionError("nobody asked for this part")

    monkeypatch.setattr(real_data, "gather", lambda into, places: [])  # it unpacks archives
    monkeypatch.setattr(bench, "parts", lambda: {"other": other, "part": part})
    assert bench.main(["part"]) == code
    assert f"a ratio: {value:.2f} (bound <= 3)" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["bench", "stock", "bare"], ["bench", "PARTS=stock bare"]])
def test_make_hands_on_the_parts(words: list[str]) -> None:
    planned = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True)
    assert planned.returncode == 0
    assert ".venv/bin/python -m bench stock bare\n" in planned.stdout
