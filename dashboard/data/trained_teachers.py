"""The trained teachers there are, by their cards."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from dashboard.session import browser_id
from kdcore import teachers
from kdcore.inference import models
from kdcore.inference.models import InferenceModel
from kdcore.runs.run_record import digest
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


def forget() -> None:
    """Look again at once: a teacher came or went."""
    _teachers.cache_clear()


def teachers_of(dataset_name: str) -> list[teachers.TeacherCard]:
    """The trained teachers of a dataset that this browser may choose: another browser's own are not offered."""
    cards = _teachers(int(time.monotonic() / 2), runs_folder()).values()
    return [card for card in cards if card.dataset == dataset_name and is_offered(card)]


def trained_networks() -> list[InferenceModel]:
    """The trained teachers that can be asked about images, as this browser is offered them."""
    return [one for one in models.of_teachers(runs_folder()) if is_offered(one)]


def side_by_side(networks: Sequence[InferenceModel]) -> list[tuple[InferenceModel, ...]]:
    """The groups in which networks of the same images are offered together: all that are asked, and each table of recorded answers, as
    people's labels are, with the first of them."""
    asked = tuple(one for one in networks if not one.is_recorded)
    groups = [asked] if len(asked) > 1 else []
    return [*groups, *((asked[0], one) for one in networks if one.is_recorded and asked)]


def is_offered(teacher: teachers.TeacherCard | InferenceModel) -> bool:
    """Whether this browser may choose a teacher: everybody's, or its own."""
    return not teacher.owner or teacher.owner == digest(browser_id())
