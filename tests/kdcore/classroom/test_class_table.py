"""A class is changed by its lecturer alone, whom a secret makes that nobody can guess, read or time."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest

from kdcore.classroom import class_secrets
from kdcore.classroom.class_plan import MOST_ITEMS, ClassPlan, PlanItem
from kdcore.classroom.class_secrets import is_secret, new_code, new_secret, split_key, tidy_code
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.errors import ClassRefused
from kdcore.runs.store import Store
from tests.kdcore.classroom.conftest import LECTURER, OTHER, STUDENT, Hall

ITEM = PlanItem(title="Soft targets", page="soft-targets")
ASKED = VoteQuestion(asks="?", options=("a", "b"))
CHANGES: dict[str, Callable[[Classrooms, str, str], Any]] = {
    "change": lambda rooms, code, browser: rooms.table.change(code, browser, paused=1),
    "go_to": lambda rooms, code, browser: rooms.table.go_to(code, browser, 0),
    "look_here": lambda rooms, code, browser: rooms.table.look_here(code, browser, "train", {}),
    "set_plan": lambda rooms, code, browser: rooms.table.set_plan(code, browser, ClassPlan()),
    "renew_secret": lambda rooms, code, browser: rooms.table.renew_secret(code, browser),
    "close": lambda rooms, code, browser: rooms.table.close(code, browser),
    "delete": lambda rooms, code, browser: rooms.table.delete(code, browser),
    "put": lambda rooms, code, browser: rooms.votes.put(code, browser, ASKED),
    "pause": lambda rooms, code, browser: rooms.queue.pause(code, browser),
    "go_on": lambda rooms, code, browser: rooms.queue.go_on(code, browser),
    "clear": lambda rooms, code, browser: rooms.queue.clear(code, browser),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("browser", [STUDENT, "", "anonymous 1"])
def test_who_is_not_the_lecturer_changes_nothing(hall: Hall, what: str, browser: str) -> None:
    hall.rooms.table.set_plan(hall.code, LECTURER, ClassPlan(items=(ITEM,)))
    before = hall.rooms.table.classroom(hall.code)
    with pytest.raises(ClassRefused, match="Only the lecturer"):
        CHANGES[what](hall.rooms, hall.code, browser)
    assert hall.rooms.table.classroom(hall.code) == before
    CHANGES[what](hall.rooms, hall.code, LECTURER)


def test_the_lecturer_of_one_class_is_nobody_in_another(hall: Hall) -> None:
    other, _secret = hall.rooms.table.make(OTHER, "Another")
    for change in CHANGES.values():
        with pytest.raises(ClassRefused, match="Only the lecturer"):
            change(hall.rooms, other, LECTURER)


def test_the_secret_makes_a_browser_the_lecturers_and_a_renewed_one_unmakes_it(hall: Hall) -> None:
    hall.rooms.table.enrol_lecturer(f"{hall.code}.{hall.secret}", OTHER)
    assert hall.rooms.table.is_lecturer(hall.code, OTHER)
    assert hall.rooms.seat(OTHER) is None, "a lecturer is no student of the class"
    renewed = hall.rooms.table.renew_secret(hall.code, LECTURER)
    assert not hall.rooms.table.is_lecturer(hall.code, OTHER)
    with pytest.raises(ClassRefused, match="no lecturer's link"):
        hall.rooms.table.enrol_lecturer(f"{hall.code}.{hall.secret}", OTHER)
    hall.rooms.table.enrol_lecturer(f"{hall.code}.{renewed}", OTHER)


@pytest.mark.parametrize(
    "key", ["", "x", "ABC234.", "{code}", "{code}.{wrong}", "ZZZZZZ.{secret}", "{code}.{secret}x"]
)
def test_what_is_no_key_says_the_same_whether_the_class_is_there(hall: Hall, key: str) -> None:
    asked = key.format(code=hall.code, secret=hall.secret, wrong=new_secret())
    with pytest.raises(ClassRefused, match=r"This is no lecturer's link, or its class is over\."):
        hall.rooms.table.enrol_lecturer(asked, OTHER)
    assert not hall.rooms.table.is_lecturer(hall.code, OTHER)


def test_secrets_are_compared_in_constant_time_also_for_a_class_that_is_not_there(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    in_constant_time = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return in_constant_time(one, other)

    monkeypatch.setattr(class_secrets.hmac, "compare_digest", compare)
    for code in (hall.code, "ZZZZZZ"):
        with pytest.raises(ClassRefused):
            hall.rooms.table.enrol_lecturer(f"{code}.{new_secret()}", OTHER)
    assert compared == [(64, 64), (64, 64)]


def test_neither_secret_nor_browser_is_in_the_database(hall: Hall) -> None:
    hall.store.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in hall.store.folder.glob("runs.sqlite3*"))
    for secret in (hall.secret, LECTURER, STUDENT, OTHER):
        assert secret.encode() not in kept


def test_codes_are_read_aloud_and_secrets_are_long() -> None:
    assert tidy_code(" abc-d23 ") == "ABCD23"
    assert tidy_code("ABC") == tidy_code("O0O0O0") == tidy_code("ABCD23" * 100) == ""
    assert all(tidy_code(new_code()) for _n in range(200))
    assert len({new_secret() for _n in range(200)}) == 200
    assert split_key(f"{new_code()}.{new_secret()}") != ("", "")
    assert is_secret("x", class_secrets.digest_of("x"))


def test_classes_live_side_by_side_and_a_browser_is_in_the_one_it_joined_last(hall: Hall) -> None:
    other, _secret = hall.rooms.table.make(OTHER, "Another")
    hall.rooms.members.join(other, STUDENT)
    seat = hall.rooms.seat(STUDENT)
    assert seat is not None
    assert seat.classroom.code == other
    hall.rooms.members.leave(other, STUDENT)
    seat = hall.rooms.seat(STUDENT)
    assert seat is not None
    assert (seat.classroom.code, seat.member.number) == (hall.code, 1)


def test_nobody_joins_twice_without_a_cookie_after_the_end_or_as_the_lecturer(hall: Hall) -> None:
    again = hall.rooms.members.join(hall.code, STUDENT)
    assert (again.number, len(hall.rooms.members.members(hall.code))) == (1, 2)
    for browser, said in (("", "Allow cookies"), (LECTURER, "the lecturer's")):
        with pytest.raises(ClassRefused, match=said):
            hall.rooms.members.join(hall.code, browser)
    hall.rooms.table.close(hall.code, LECTURER)
    with pytest.raises(ClassRefused, match="it is over"):
        hall.rooms.members.join(hall.code, "e" * 32)
    with pytest.raises(ClassRefused, match="over: nothing of it changes"):
        hall.rooms.table.change(hall.code, LECTURER, pinned="x")


def test_names_are_one_short_line_and_kept_only_where_they_are_asked_for(store: Store) -> None:
    rooms = Classrooms(store)
    asked, _secret = rooms.table.make(LECTURER, "With names", names=True)
    member = rooms.members.join(asked, STUDENT, " Ada\n\u202e<script>\x00 " + "y" * 10_000)
    assert member.name == "Ada <script> " + "y" * 27
    silent, _secret = rooms.table.make(LECTURER, "Without")
    assert rooms.members.join(silent, STUDENT, "Ada").name == ""


def test_a_plan_is_bounded_and_keeps_its_place(hall: Hall) -> None:
    plan = ClassPlan(items=(ITEM,) * MOST_ITEMS)
    with pytest.raises(ClassRefused, match="up to 40 steps"):
        plan.with_item(ITEM)
    hall.rooms.table.set_plan(hall.code, LECTURER, plan)
    assert hall.rooms.table.go_to(hall.code, LECTURER, 99).place == MOST_ITEMS - 1
    assert hall.rooms.table.go_to(hall.code, LECTURER, -5).place == 0
    hall.rooms.table.set_plan(hall.code, LECTURER, ClassPlan())
    assert hall.rooms.table.classroom(hall.code).place is None
    first = ITEM.model_copy(update={"title": "First"})
    both = ClassPlan(items=(ITEM, first))
    assert [one.title for one in both.moved(1, -1).items] == ["First", "Soft targets"]
    assert both.moved(0, -1) == both
    assert ClassPlan.read(both.to_json()) == both
    with pytest.raises(ClassRefused, match="no plan"):
        ClassPlan.read('{"items": [{"title": "x"}]}')


def test_only_so_many_classes_are_open(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdcore.classroom.class_table.CLASSES_OF_ONE", 2)
    hall.rooms.table.make(LECTURER, "Second")
    with pytest.raises(ClassRefused, match="2 open classes"):
        hall.rooms.table.make(LECTURER, "Third")
    monkeypatch.setattr("kdcore.classroom.class_table.MOST_CLASSES", 2)
    with pytest.raises(ClassRefused, match="most that this server takes"):
        hall.rooms.table.make(OTHER, "Theirs")
