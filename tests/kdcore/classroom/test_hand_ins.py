"""What is handed in stays as it was, is the student's own, and shows a later change."""

from __future__ import annotations

import json

import pytest

from kdcore.classroom.hand_ins import MOST_OF_ONE
from kdcore.classroom.seal import seal_holds
from kdcore.classroom.submission import Submission
from kdcore.errors import ClassRefused, RunRefused
from tests.kdcore.classroom.conftest import LECTURER, OTHER, STUDENT, Hall
from tests.kdcore.classroom.handed_in import ANSWERED, LEFT_OUT


def handed_in(hall: Hall, *runs: str, browser: str = STUDENT) -> Submission:
    seat = hall.rooms.seat(browser)
    assert seat is not None
    made = hall.rooms.hand_ins.hand_in(seat.classroom, seat.member, [ANSWERED, LEFT_OUT], runs)
    return Submission.from_json(made.content)


def test_answers_and_runs_are_frozen_and_sealed(hall: Hall) -> None:
    run = hall.queue()
    made = handed_in(hall, run.id)
    assert (made.runs[0].id, made.runs[0].status, made.missing) == (run.id, "queued", [LEFT_OUT])
    assert made.changes_found() == []
    assert seal_holds(made, hall.store.folder)
    hall.store.finish(run.id, "stopped")
    kept = hall.rooms.hand_ins.all_of(hall.code)
    assert [Submission.from_json(one.content).runs[0].status for one in kept] == ["queued"]
    handed_in(hall, run.id)
    assert [(one.member, one.number) for one in hall.rooms.hand_ins.all_of(hall.code)] == [(1, 1), (1, 2)]
    assert hall.rooms.hand_ins.of_member(hall.code, 2) == []


def test_a_changed_file_is_found_out(hall: Hall) -> None:
    content = json.loads(handed_in(hall, hall.queue().id).to_json())
    content["answers"][0]["answer"] = "the 9"
    changed = Submission.from_json(json.dumps(content))
    assert changed.changes_found()


def test_nobody_hands_in_what_is_not_theirs_or_is_not_there(hall: Hall) -> None:
    theirs = hall.queue(OTHER)
    with pytest.raises(ClassRefused, match="Only runs of your own"):
        handed_in(hall, theirs.id)
    with pytest.raises(RunRefused):
        handed_in(hall, "A" * 22)
    assert hall.rooms.hand_ins.all_of(hall.code) == []


def test_only_so_often_and_not_after_the_end(hall: Hall) -> None:
    for _time in range(MOST_OF_ONE):
        handed_in(hall)
    with pytest.raises(ClassRefused, match="30 times"):
        handed_in(hall)
    seat = hall.rooms.seat(OTHER)
    assert seat is not None
    hall.rooms.table.close(hall.code, LECTURER)
    with pytest.raises(ClassRefused, match="class is over"):
        hall.rooms.hand_ins.hand_in(seat.classroom, seat.member, [], [])
