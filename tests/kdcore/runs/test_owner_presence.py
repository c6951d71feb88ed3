"""Who is there: what waits for an owner who is gone leaves the queue, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore.experiment import Experiment
from kdcore.runs import owner_presence
from kdcore.runs.owner_presence import GONE, OwnerPresence
from kdcore.runs.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture(autouse=True)
def noted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_presence, "NOTE_SECONDS", 0.0)


def long_ago(store: Store, seconds: float) -> None:
    """Everybody was last seen so much earlier."""
    with store.writing() as db:
        db.execute("UPDATE presence SET seen = seen - ?", [seconds])


def an_old_server(store: Store) -> OwnerPresence:
    presence = OwnerPresence(store.database)
    presence._began -= 1000
    return presence


def test_the_runs_that_wait_for_somebody_who_is_gone_leave_the_queue(store: Store) -> None:
    presence = an_old_server(store)
    for owner in ("gone", "here"):
        presence.arrive(owner)
    presence.leave("gone")
    presence.look_after()
    long_ago(store, 601)
    waits = {owner: store.create(Experiment(), owner) for owner in ("gone", "here", "shell")}
    trains = store.create(Experiment(), "gone", status="running")
    presence.look_after()
    assert store.run(waits["gone"].id).status == "stopped"
    assert store.run(waits["gone"].id).error == GONE
    assert store.run(waits["here"].id).status == "queued", "its browser is still connected"
    assert store.run(waits["shell"].id).status == "queued", "nobody ever saw a shell"
    assert store.run(trains.id).status == "running"
    store.requeue(waits["gone"].id)
    assert store.run(waits["gone"].id).error == ""


def test_one_of_two_tabs_is_enough_and_ten_minutes_are_given(store: Store) -> None:
    presence = an_old_server(store)
    presence.arrive("tabs")
    presence.arrive("tabs")
    presence.leave("tabs")
    presence.arrive("blip")
    presence.leave("blip")
    presence.look_after()
    runs = [store.create(Experiment(), owner) for owner in ("tabs", "blip")]
    long_ago(store, 599)
    presence.look_after()
    assert [store.run(run.id).status for run in runs] == ["queued", "queued"]


def test_a_server_that_has_just_started_waits_for_everybody_to_come_back(store: Store) -> None:
    before = an_old_server(store)
    before.arrive("me")
    before.leave("me")
    before.look_after()
    long_ago(store, 3600)
    run = store.create(Experiment(), "me")
    OwnerPresence(store.database).look_after()
    assert store.run(run.id).status == "queued"
    an_old_server(store).look_after()
    assert store.run(run.id).status == "stopped"


def test_the_queue_is_told_in_order_and_one_owners_part_is_cancelled(store: Store) -> None:
    first, second, third = (store.create(Experiment(), owner) for owner in ("a", "a", "b"))
    assert [run.id for run in store.waiting()] == [first.id, third.id, second.id], "owners take turns"
    assert [run.queue_position for run in store.waiting()] == [1, 2, 3]
    assert store.cancel_waiting("a") == 2
    assert [run.id for run in store.waiting()] == [third.id]
    assert store.cancel_waiting("a") == 0


def test_an_equal_run_is_ones_own_and_came_out_as_it_would_again(store: Store) -> None:
    experiment = Experiment()
    run = store.create(experiment, "me")
    assert store.equal_run(experiment.hash, "me") == store.run(run.id)
    assert store.equal_run(experiment.hash, "you") is None
    assert store.equal_run(experiment.with_flat(epochs=3).hash, "me") is None
    store.finish(run.id, "stopped")
    assert store.equal_run(experiment.hash, "me") is None, "it did not come to its end"
    store.create(experiment, "me", sweep="one")
    assert store.equal_run(experiment.hash, "me") is None, "a sweep's"
