"""What all pages of a class show of it, whoever asks: nothing in it is for the lecturer alone."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from dashboard.data.class_board import board_table, run_address, run_sentence
from dashboard.data.class_results import revealed_result
from dashboard.data.class_seat import classrooms
from dashboard.data.class_state import page_state
from dashboard.stream.page_snapshot import PageSnapshot
from kdcore.classroom.class_board import BoardRun
from kdcore.classroom.class_members import ClassMember
from kdcore.classroom.class_secrets import CODE
from kdcore.classroom.class_votes import ClassVote
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.pseudonyms import said_pseudonym
from kdcore.errors import ClassRefused, RunRefused
from kdcore.translation import say, speaking

PAUSE = 0.25
NAME = re.compile(f"class-({CODE.pattern})")
PREFIX = "class-"


def class_code(name: str) -> str | None:
    """The class that stands in place of a run's id in a stream's address."""
    found = NAME.fullmatch(name)
    return found[1] if found else None


def refuse_strangers(code: str, browser: str) -> None:
    """Refuse whoever is neither a student of the class nor its lecturer.

    Raises:
        RunRefused: it is so, or there is no such class; which of them is not said.
    """
    rooms = classrooms()
    if browser:
        seat = rooms.seat(browser)
        if (seat is not None and seat.classroom.code == code) or rooms.table.is_lecturer(code, browser):
            return
    raise RunRefused("There is nothing to watch here.")


class ClassReader:
    """One class in one language."""

    pause = PAUSE

    def __init__(self, code: str, language: str) -> None:
        self._code, self._language = code, language

    def check(self) -> None:
        """Return where there is such a class.

        Raises:
            RunRefused: there is not.
        """
        self._classroom()

    def read(self) -> PageSnapshot:
        """Where the class is, its newest vote, and its board.

        Raises:
            RunRefused: it was deleted.
        """
        rooms, classroom = classrooms(), self._classroom()
        members, runs = rooms.members.members(self._code), rooms.board.runs(self._code)
        newest = rooms.votes.newest(self._code)
        with speaking(self._language):
            values = {
                **_place_values(classroom),
                **_board_values(classroom, members, runs),
                "students": sum(member.gone is None for member in members),
                "vote": _vote_values(newest) if newest else None,
            }
            if newest:
                values["result"] = revealed_result(rooms.votes, newest)
        return PageSnapshot(values, ended=not classroom.open)

    def _classroom(self) -> Classroom:
        try:
            return classrooms().table.classroom(self._code)
        except ClassRefused as error:
            raise RunRefused(str(error)) from error


def _place_values(classroom: Classroom) -> dict[str, Any]:
    item, here = classroom.item, classroom.here
    return {
        "state": page_state(classroom),
        "place": [
            0 if classroom.place is None else classroom.place + 1,
            len(classroom.plan.items),
            item.title if item else "",
        ],
        "here": here and {"page": here.page, "link": urlencode(here.link), "at": here.moment},
        "following": classroom.following,
        "paused": classroom.paused,
        "open": classroom.open,
    }


def _vote_values(vote: ClassVote) -> dict[str, Any]:
    """A vote before it is revealed: how many have answered, and nothing of what."""
    stage = "open" if vote.open else "closed" if vote.revealed is None else "revealed"
    return {
        "id": vote.id, "round": vote.round, "stage": stage, "answered": vote.answered, "opened": vote.opened,
        "question": vote.question.asked(),
    }  # fmt: skip


def _board_values(classroom: Classroom, members: list[ClassMember], runs: list[BoardRun]) -> dict[str, Any]:
    shown = members if classroom.board_names else []
    called = {member.number: said_pseudonym(member.called, say) for member in shown}
    pinned = next((run for run in runs if run.id == classroom.pinned), None)
    return {
        "table.board": board_table(runs, called, classroom.pinned),
        "training": sum(run.status in ("running", "paused") for run in runs),
        "waiting": sum(run.status == "queued" for run in runs),
        "pinned": pinned and {"url": run_address(pinned.id), "text": run_sentence(pinned)},
    }
