"""Which runs of the history are wanted, as an SQL condition on their summaries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kdcore.experiment import FLAT_FIELDS
from kdcore.runs.run_record import digest

SHOWN_THROUGH_MEMBERS = "sweep != '' AND status = 'finished' AND student_errors IS NULL"
"""A sweep's cohort that has finished: each of its members has a run of its own by then, and is shown in its place."""

LONGEST_TEXT = 300
MOST_WORDS = 12
"""Different words, and different settings, that a search looks for; whoever searches for more is told so."""

SHORT_NAMES = {
    "t": "temperature",
    "weight": "teacher weight",
    "weight on teacher": "teacher weight",
    "seed": "init seed",
}
PATHS = {
    name.replace("_", " "): f"$.{'.'.join(entry.path)}"
    for name, entry in FLAT_FIELDS.items()
    if name == "count"
    or (isinstance(entry.default, int | float | tuple) and not isinstance(entry.default, bool))
}
"""The path of each number of an experiment in its JSON, by the field's name."""
FIELD_NAMES = "|".join(sorted({*SHORT_NAMES, *PATHS}, key=len, reverse=True)).replace(" ", "[ _]")
SETTING = re.compile(rf"\b({FIELD_NAMES})[\s=]+([0-9.]+(?:e-?[0-9]+)?)(?![\w.])")
"""A setting as it is shown: T = 20, weight 0.9, seed 3, omit = 3, label noise = 0.2."""
HAS_VALUE = (
    "EXISTS (SELECT 1 FROM runs AS candidate, json_each(candidate.experiment, ?) AS field "
    "WHERE candidate.number = summaries.run AND printf('%g', field.value) = ?)"
)
"""Whether a number of the experiment, or one of its list of numbers, is this."""


@dataclass(frozen=True)
class HistoryFilter:
    """What is searched for; an empty field narrows nothing.

    Attributes:
        words: each must occur in a run's id, title, note, tags, dataset, method, networks or a sweep's setting; "T = 20",
            "weight 0.9", "omit 3" and the like ask for that setting.
        sweep: its hash.
        single: leave out what belongs to a sweep.
        owner: whose (not its digest).
        deleted: those that can be restored, in place of the others.
        titles: of methods, by name, so that words are found in them too.
    """

    words: str = ""
    status: str = ""
    dataset: str = ""
    method: str = ""
    tag: str = ""
    sweep: str = ""
    single: bool = False
    starred: bool = False
    owner: str = ""
    deleted: bool = False
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Keep of every text what a search may take: more would hold the database up, and find nothing more."""
        for name in ("words", "status", "dataset", "method", "tag", "sweep", "owner"):
            object.__setattr__(self, name, getattr(self, name)[:LONGEST_TEXT])

    def where(self) -> tuple[str, list[Any]]:
        """An SQL condition on summaries, and its values."""
        conditions = ["deleted IS NOT NULL" if self.deleted else "deleted IS NULL"]
        conditions.append(f"NOT ({SHOWN_THROUGH_MEMBERS})")
        values: list[Any] = []
        for name in ("status", "dataset", "method", "sweep"):
            if value := getattr(self, name):
                conditions.append(f"{name} = ?")
                values.append(value)
        if self.starred:
            conditions.append("starred")
        if self.owner:
            conditions.append("owner = ?")
            values.append(digest(self.owner))
        if self.tag:
            conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
            values.append(self.tag)
        if self.single:
            conditions.append("sweep = ''")
        for condition, further in self._word_conditions():
            conditions.append(condition)
            values += further
        return " AND ".join(conditions), values

    def _word_conditions(self) -> Iterator[tuple[str, list[Any]]]:
        """A condition for each setting and each other word, with its values."""
        words = self.words.casefold()
        for match in [*SETTING.finditer(words)][:MOST_WORDS]:
            if (value := _number(match[2])) is not None:
                name = match[1].replace("_", " ")
                path = PATHS[SHORT_NAMES.get(name, name)]
                yield f"({HAS_VALUE} OR instr(casefold(words), ?))", [path, f"{value:g}", match[0]]
                words = words.replace(match[0], " ")
        for word in searched_words(words)[:MOST_WORDS]:
            methods = [name for name, title in self.titles.items() if word in title.casefold()]
            marks = ", ".join("?" * len(methods))
            yield f"(instr(casefold(words), ?) OR method IN ({marks}))", [word, *methods]


def searched_words(words: str) -> list[str]:
    """The words of a search, each once."""
    texts = (one.strip(",·") for one in words.casefold().replace("=", " ").split())
    return [*dict.fromkeys(filter(None, texts))]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
