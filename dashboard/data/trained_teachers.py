"""The trained teachers there are, by their cards."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

from kdcore import teachers
from kdcore.runs.runs_folder import runs_folder


def teacher_card(name: str) -> teachers.TeacherCard | None:
    """The card of a trained teacher, as it was at most two seconds ago; None for a network that would be trained first."""
    return _teachers(int(time.monotonic() / 2), runs_folder()).get(name)


@lru_cache(maxsize=1)
def _teachers(moment: int, folder: Path) -> dict[str, teachers.TeacherCard]:
    # A picker asks for the card of each of its thirty lines, at every drawing of the page.
    by_name: dict[str, teachers.TeacherCard] = {}
    for card in teachers.all_cards(folder):
        by_name.setdefault(card.name, card)
    return by_name


def teachers_of(dataset_name: str) -> list[teachers.TeacherCard]:
    """The trained teachers of a dataset."""
    cards = _teachers(int(time.monotonic() / 2), runs_folder()).values()
    return [card for card in cards if card.dataset == dataset_name]
