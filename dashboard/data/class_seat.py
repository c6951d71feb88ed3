"""The classes of the browser that asks: the one in which it is a student, and those of which it is the lecturer's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.data import run_manager
from dashboard.session import browser_id, is_anonymous
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.classrooms import Classrooms, Seat
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment

if TYPE_CHECKING:
    from kdcore.runs.store import Store


def classrooms() -> Classrooms:
    """The classes of this server's runs folder."""
    return _classrooms(run_manager.manager().store)


@lru_cache(maxsize=1)
def _classrooms(store: Store) -> Classrooms:
    return Classrooms(store)


def known_browser() -> str:
    """The browser's id from its cookie; empty where it has none, and could not be known again."""
    browser = browser_id()
    return "" if is_anonymous(browser) else browser


def seat_of(browser: str) -> Seat | None:
    """The open class in which a browser is a student now."""
    return None if is_anonymous(browser) or not browser else classrooms().seat(browser)


def lectured_by(browser: str) -> list[Classroom]:
    """The classes of which a browser is the lecturer's, those that go on first."""
    return [] if is_anonymous(browser) or not browser else classrooms().table.lectured(browser)


def class_language(seat: Seat | None) -> str:
    """The language of a student's class; empty for who is in none."""
    return seat.classroom.language if seat else ""


def locked_draft(seat: Seat | None, draft: Experiment) -> Experiment:
    """A recipe with what the class has locked as it was prepared."""
    if seat is None:
        return draft
    try:
        return seat.classroom.locks.applied(draft, seat.classroom.prepared)
    except InvalidExperiment:  # the rest does not go with what is locked
        return seat.classroom.prepared
