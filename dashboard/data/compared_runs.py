"""Chosen runs beside each other: the letter and the name of each, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_uppercase
from typing import Any

from dashboard.data.run_titles import setting_text
from dashboard.text.translation import _
from kdcore.runs import run_names
from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class ComparedRun:
    """A run among others: its letter, a name made of what sets it apart, and its place among them, from 0."""

    letter: str
    name: str
    run: Run
    place: int = 0

    @property
    def title(self) -> str:
        """Letter and name."""
        return f"{self.letter} · {self.name}"


def run_letters(count: int) -> list[str]:
    """A, B ... Z, AA, AB ..."""
    words = ("".join(word) for size in (1, 2) for word in product(ascii_uppercase, repeat=size))
    return list(islice(words, count))


def differing_fields(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """The fields in which the runs' experiments differ, each with its value in every run; the runs' order is kept."""
    flat = [run.experiment.flat() for run in runs]
    fields = {name: [values[name] for values in flat] for name in (flat[0] if flat else ())}
    return {name: values for name, values in fields.items() if any(value != values[0] for value in values)}


def lettered_runs(runs: Sequence[Run]) -> list[ComparedRun]:
    """The runs in their order, each with a letter and a name made of the settings that set it apart."""
    named = zip(run_letters(len(runs)), run_names.run_names(runs, setting_text), runs, strict=True)
    return [
        ComparedRun(letter, name or _(run.title) or run.id[:6], run, place)
        for place, (letter, name, run) in enumerate(named)
    ]
