"""A vote is counted once, closed by the server, and says nothing before it is revealed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kdcore.classroom.class_votes import answer_key, changes_between, histogram
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.errors import ClassRefused
from kdcore.runs.store import Store
from tests.kdcore.classroom.conftest import LECTURER, OTHER, STUDENT, Hall

WHICH = VoteQuestion(
    asks="Which is larger?", options=("this", "that", "neither"), measured=1, sentence="That."
)
HOW_MANY = VoteQuestion(kind="number", asks="How many?", low=8, high=60, step=1, unit="{n} errors")
ORDER = VoteQuestion(kind="order", asks="Which first?", options=("a", "b", "c"))


def test_the_first_answer_stands(hall: Hall) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    assert hall.rooms.votes.answer(vote.id, STUDENT, 0)
    assert not hall.rooms.votes.answer(vote.id, STUDENT, 1)
    assert hall.rooms.votes.answers(vote.id) == {1: 0}
    assert hall.rooms.votes.vote(hall.code, vote.id).answered == 1


def test_a_second_tab_at_the_same_moment_is_counted_once(hall: Hall) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    others = [Classrooms(Store(hall.store.folder)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        counted = [*pool.map(lambda rooms: rooms.votes.answer(vote.id, STUDENT, 2), others)]
    assert sum(counted) == 1
    assert hall.rooms.votes.vote(hall.code, vote.id).answered == 1


def test_what_is_closed_takes_no_answer_and_who_left_votes_no_second_time(hall: Hall) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    hall.rooms.votes.answer(vote.id, STUDENT, 0)
    hall.rooms.members.leave(hall.code, STUDENT)
    with pytest.raises(ClassRefused, match="Join the class"):
        hall.rooms.votes.answer(vote.id, STUDENT, 1)
    hall.rooms.members.join(hall.code, STUDENT)
    assert not hall.rooms.votes.answer(vote.id, STUDENT, 1)
    hall.rooms.votes.close(hall.code, LECTURER, vote.id)
    with pytest.raises(ClassRefused, match="closed"):
        hall.rooms.votes.answer(vote.id, OTHER, 1)


@pytest.mark.parametrize(
    "answer", [3, -1, True, "0", None, 1.5, [0], {"a": 1}, float("nan")], ids=lambda answer: str(answer)
)
def test_what_is_no_answer_is_refused(hall: Hall, answer: object) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    with pytest.raises(ClassRefused, match="no answer"):
        hall.rooms.votes.answer(vote.id, STUDENT, answer)


def test_another_class_cannot_be_voted_in_or_revealed(hall: Hall) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    other, _secret = hall.rooms.table.make(OTHER, "Another")
    hall.rooms.members.join(other, "e" * 32)
    with pytest.raises(ClassRefused, match="Join the class"):
        hall.rooms.votes.answer(vote.id, "e" * 32, 0)
    hall.rooms.votes.reveal(other, OTHER, vote.id)
    assert hall.rooms.votes.vote(hall.code, vote.id).revealed is None
    with pytest.raises(ClassRefused, match="Only the lecturer"):
        hall.rooms.votes.reveal(hall.code, OTHER, vote.id)


def test_a_second_round_shows_who_changed(hall: Hall) -> None:
    third = "f" * 32
    hall.rooms.members.join(hall.code, third)
    first = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    for browser, answer in ((STUDENT, 0), (OTHER, 1), (third, 0)):
        hall.rooms.votes.answer(first.id, browser, answer)
    second = hall.rooms.votes.again(hall.code, LECTURER, first.id)
    assert (second.round, second.before) == (2, first.id)
    assert not hall.rooms.votes.vote(hall.code, first.id).open
    for browser, answer in ((STUDENT, 1), (OTHER, 1)):
        hall.rooms.votes.answer(second.id, browser, answer)
    found = changes_between(WHICH, hall.rooms.votes.answers(first.id), hall.rooms.votes.answers(second.id))
    assert {(one.was, one.now): one.members for one in found} == {("0", "1"): 1, ("1", "1"): 1}


def test_answers_are_counted_by_option_by_bin_and_by_order() -> None:
    assert histogram(WHICH, [0, 1, 1]) == [("0", 1), ("1", 2), ("2", 0)]
    counted = histogram(HOW_MANY, [8, 9, 60, 60])
    assert len(counted) == 12
    assert (counted[0][1], counted[-1][1]) == (2, 2)
    few = VoteQuestion(kind="number", asks="?", low=0, high=4, step=1)
    assert [n for _key, n in histogram(few, [0, 1, 1, 4])] == [1, 2, 0, 0, 1]
    assert histogram(ORDER, [[0, 1, 2], [2, 1, 0], [0, 1, 2]])[0] == ("0,1,2", 2)
    assert answer_key(HOW_MANY, 8.4) == "0"


def test_students_get_nothing_of_what_was_measured() -> None:
    assert "That." not in str(WHICH.asked())
    assert "measured" not in WHICH.asked()


def test_all_is_there_after_the_server_was_killed(hall: Hall) -> None:
    vote = hall.rooms.votes.put(hall.code, LECTURER, WHICH)
    hall.rooms.votes.answer(vote.id, STUDENT, 0)
    again = Classrooms(Store(hall.store.folder))  # the first one is not closed
    assert again.votes.answers(vote.id) == {1: 0}
    seat = again.seat(STUDENT)
    assert seat is not None
    assert (seat.classroom.code, seat.classroom.name) == (hall.code, "Machine learning, Tuesday")
    assert not again.votes.answer(vote.id, STUDENT, 2)
