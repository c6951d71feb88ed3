"""What a class locks or bounds is refused where a run is queued, however it was asked for."""

from __future__ import annotations

import pytest

from kdcore.classroom.start_rules import ClassRules
from kdcore.errors import ClassRefused
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.manager import Manager
from kdcore.runs.run_record import digest
from kdcore.system.processes import Process
from tests.kdcore.classroom.conftest import LECTURER, LIMITS, OTHER, STUDENT, Hall

STRANGER = "d" * 32


def test_a_run_of_a_student_begins_in_the_class_and_nobody_elses_does(hall: Hall) -> None:
    for browser in (STUDENT, LECTURER, STRANGER):
        hall.queue(browser)
    assert [run.member for run in hall.rooms.board.runs(hall.code)] == [1]


@pytest.mark.parametrize("kind", ["locked", "hidden"])
def test_what_is_locked_or_hidden_keeps_its_prepared_value(hall: Hall, kind: str) -> None:
    hall.plan(fields={"temperature": kind})
    with pytest.raises(ClassRefused, match="In this class T stays at 4"):
        hall.queue(temperature=8)
    hall.queue(LECTURER, temperature=8)
    hall.queue(STRANGER, temperature=8)
    hall.queue(epochs=7)


def test_a_method_that_is_not_offered_is_refused(hall: Hall) -> None:
    hall.plan(methods=("soft-targets",))
    with pytest.raises(ClassRefused, match="does not use the method labels-only"):
        hall.queue(method="labels-only")
    hall.queue()


def test_the_classs_bounds_hold_whatever_the_plan_says(hall: Hall) -> None:
    hall.bound(epochs=20, datasets=("digits",))
    with pytest.raises(ClassRefused, match="Epochs = 21: a run of this class takes at most 20"):
        hall.queue(epochs=21)
    with pytest.raises(ClassRefused, match="Teacher epochs = 2,000"):
        hall.queue(teacher_epochs=2000)
    with pytest.raises(ClassRefused, match="does not train on mnist"):
        hall.queue(dataset="mnist")
    hall.queue(epochs=20)


def test_a_sweep_and_a_search_get_past_no_lock_and_no_bound(hall: Hall) -> None:
    hall.plan(fields={"temperature": "locked"})
    hall.bound(epochs=20, students=4)
    of_two = CohortSpec(tuple(Experiment().with_flat(temperature=t) for t in (4, 8)))
    with pytest.raises(ClassRefused, match="T stays at 4"):
        hall.store.create(of_two, STUDENT, limits=LIMITS, sweep="s")
    for vary, said in (({"temperature": (1, 9)}, "T cannot be varied"), ({"epochs": (1, 2000)}, "2,000")):
        with pytest.raises(ClassRefused, match=said):
            hall.store.create(SearchSpec(Experiment(), vary, 1, 2), STUDENT, limits=LIMITS, sweep="s")
    many = CohortSpec(tuple(Experiment().with_flat(init_seed=n) for n in range(5)))
    with pytest.raises(ClassRefused, match="5 networks"):
        hall.store.create(many, STUDENT, limits=LIMITS, sweep="s")


def test_a_student_has_so_many_runs_waiting_and_another_may_still_ask(hall: Hall) -> None:
    hall.bound(waiting=2)
    hall.queue(init_seed=1)
    hall.queue(init_seed=2)
    with pytest.raises(ClassRefused, match="2 runs waiting"):
        hall.queue(init_seed=3)
    hall.queue(OTHER)


def test_the_queue_goes_round_the_students(hall: Hall) -> None:
    first, second = hall.queue(init_seed=1), hall.queue(init_seed=2)
    other = hall.queue(OTHER)
    assert [run.id for run in hall.store.waiting()] == [first.id, other.id, second.id]
    assert hall.store.startable(8) == [first.id, other.id]


def test_a_run_that_was_locked_meanwhile_is_not_resumed(hall: Hall) -> None:
    run = hall.queue(temperature=8)
    hall.store.finish(run.id, "stopped")
    hall.plan(fields={"temperature": "locked"})
    with pytest.raises(ClassRefused, match="T stays at 4"):
        hall.store.requeue(run.id, LIMITS)


def test_the_manager_passes_no_change_of_what_is_locked(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.plan(fields={"temperature": "locked"})
    run = hall.queue()
    assert hall.store.claim(run.id, Process.me())
    manager = Manager(hall.store.folder, slots=1, spare=False, rules=ClassRules())
    try:
        with pytest.raises(ClassRefused, match="T cannot be changed"):
            manager.command(run.id, STUDENT, Command("set", "temperature", 9.0))
        manager.command(run.id, STUDENT, Command("set", "teacher_weight", 0.5))
        with pytest.raises(ClassRefused, match="T stays at 4"):
            manager.submit(Experiment().with_flat(temperature=9), STUDENT)
    finally:
        manager.close(wait=False)


def test_while_a_class_is_paused_nothing_of_it_begins_or_goes_on(hall: Hall) -> None:
    running, waiting = hall.queue(), hall.queue(OTHER)
    assert hall.store.claim(running.id, Process.me(), slots=2)
    assert hall.rooms.queue.pause(hall.code, LECTURER) == 1
    assert hall.store.take_commands(running.id) == [Command("pause")]
    assert hall.store.startable(4) == []
    assert not hall.store.claim(waiting.id, Process.me(), slots=4)
    with hall.store.reading() as db, pytest.raises(ClassRefused, match="paused the class"):
        ClassRules().refuse_command(db, digest(STUDENT), Command("resume"))
    assert hall.rooms.queue.go_on(hall.code, LECTURER) == 1
    assert hall.store.take_commands(running.id) == [Command("resume")]
    assert hall.store.startable(4) == [waiting.id]


def test_a_queue_that_is_cleared_is_this_classs_alone(hall: Hall) -> None:
    hall.queue()
    other = hall.queue(STRANGER)
    assert hall.rooms.queue.clear(hall.code, LECTURER) == 1
    assert [run.id for run in hall.store.waiting()] == [other.id]


def test_nothing_binds_who_has_left_or_whose_class_is_closed(hall: Hall) -> None:
    hall.plan(fields={"temperature": "locked"})
    hall.rooms.members.leave(hall.code, OTHER)
    hall.queue(OTHER, temperature=8)
    hall.rooms.table.close(hall.code, LECTURER)
    hall.queue(temperature=8)
    assert hall.rooms.board.runs(hall.code) == []


def test_a_class_whose_time_is_over_is_forgotten_and_its_runs_stay(hall: Hall) -> None:
    run = hall.queue()
    with hall.store.writing() as db:
        db.execute("UPDATE classes SET ends = 1")
        ClassRules().purge(db)
    with pytest.raises(ClassRefused, match="no class"):
        hall.rooms.table.classroom(hall.code)
    assert hall.rooms.members.members(hall.code) == []
    assert hall.store.run(run.id).id == run.id
