"""What a class asks of its students' pages, where they are seen, and which links lead there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.data import class_links, class_views, run_manager
from dashboard.data.class_board import board_table
from dashboard.data.class_seat import class_language, classrooms, locked_draft, seat_of
from dashboard.data.class_state import page_state
from kdcore.classroom.class_board import BoardRun
from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.classrooms import Classrooms, Seat
from kdcore.classroom.locks import Locks
from kdcore.experiment import Experiment
from kdcore.runs.store import Store

LECTURER, STUDENT = "a" * 32, "b" * 32
RUN = BoardRun(
    "r" * 22, 1, "finished", "digits", "soft-targets", "mlp-30", 4.0, 0.9, 1.0, 20, 36, 8, 360, 0.2, 1.0
)


@pytest.fixture
def seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seat:
    store = Store(tmp_path)
    monkeypatch.setattr(run_manager, "manager", lambda: SimpleNamespace(store=store))
    rooms = Classrooms(store)
    code, _secret = rooms.table.make(LECTURER, "Tuesday")
    rooms.members.join(code, STUDENT)
    found = rooms.seat(STUDENT)
    assert found is not None
    return found


def at(seat: Seat, prepared: Experiment, **locks: object) -> Seat:
    """The seat with its class at a prepared state."""
    item = PlanItem(title="One", page="train", experiment=prepared, locks=Locks(**locks))  # type: ignore[arg-type]
    return replace(seat, classroom=replace(seat.classroom, plan=ClassPlan(items=(item,)), place=0))


def test_a_draft_keeps_what_is_locked_and_nothing_else(seat: Seat) -> None:
    draft = Experiment().with_flat(temperature=9, epochs=3)
    locked = at(seat, Experiment().with_flat(temperature=2), fields={"temperature": "hidden"})
    assert locked_draft(locked, draft) == Experiment().with_flat(temperature=2, epochs=3)
    assert locked_draft(None, draft) == draft


def test_where_the_rest_does_not_go_with_what_is_locked_all_is_as_prepared(seat: Seat) -> None:
    prepared = Experiment().with_flat(fraction=0.5)
    locked = at(seat, prepared, fields={"fraction": "locked"})
    assert locked_draft(locked, Experiment().with_flat(count=100)) == prepared


def test_pages_are_drawn_anew_for_other_locks_and_for_nothing_that_moves_often(seat: Seat) -> None:
    before = at(seat, Experiment()).classroom

    def changed(**changes: object) -> Classroom:
        return replace(before, **changes)  # type: ignore[arg-type]

    same = [changed(pinned="x"), changed(paused=True), changed(following=True), changed(board_names=True)]
    assert {page_state(one) for one in same} == {page_state(before)}
    other = at(seat, Experiment(), fields={"temperature": "locked"}).classroom
    assert page_state(other) != page_state(before)
    assert page_state(changed(closed=1.0)) != page_state(before)


def test_the_board_has_marks_without_names_unless_they_are_shown() -> None:
    running = replace(RUN, status="running", errors=None)
    table = board_table([RUN, running], {}, RUN.id)
    [row] = table["rows"]
    told = dict(zip(table["columns"], row, strict=True))
    assert (told["T"], told["errors"], told["twin"], told["status"], told["who"]) == (
        4.0,
        20,
        36,
        "pinned",
        "",
    )
    assert told["text"] == "T = 4, weight on teacher 0.9: 20 of 360 wrong, twin 36."
    [named] = board_table([RUN], {1: "clear flask"}, "")["rows"]
    assert named[-1] == "clear flask"


def test_students_take_over_nothing_of_the_lecturers_own() -> None:
    link = {
        "T": "4",
        "present": "1",
        "class": "ABC234",
        "part": "vote",
        "join": "x",
        "lesson": "l",
        "lesson_step": "s",
    }
    assert class_links.for_students(link) == {"T": "4", "lesson": "l"}


def test_a_students_page_is_found_again_and_no_endless_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_views, "MOST", 2)
    for number in range(4):
        class_views.note_view("ABC234", number, "train", {"T": str(number)})
    assert class_views.view_of("ABC234", 3) == "train?T=3"
    assert class_views.view_of("ABC234", 0) is None
    class_views.note_view("ABC234", 3, "train", {"T": "x" * 10_000})
    assert class_views.view_of("ABC234", 3) == "train?T=3"


def test_a_class_speaks_its_own_language_to_its_students_and_to_nobody_else(seat: Seat) -> None:
    code, _secret = classrooms().table.make(LECTURER, "Wednesday", language="zh_CN")
    assert class_language(seat_of(STUDENT)) == "en"
    classrooms().members.join(code, STUDENT)
    assert class_language(seat_of(STUDENT)) == "zh_CN"
    assert class_language(seat_of("c" * 32)) == ""
