"""Nobody can take all of the training: what may wait, how long a run may take, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdcore.data import uploaded_pictures
from kdcore.errors import DataUnavailable, OutOfResources, RunRefused
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs import free_space, run_bounds
from kdcore.runs.manager import Manager
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store
from tests.kdcore.data.test_uploaded_pictures import kept
from tests.kdcore.runs.conftest import Gates
from tests.kdcore.runs.helping import ALICE, BOB, CAROL, steps, until
from tests.kdcore.runs.test_recorder import trained

LIMITS = QueueLimits(waiting=2, in_all=3, minutes=60)
MakeManager = Callable[..., Manager]


def wait_in(store: Store, owner: str, **more: Any) -> str:
    return store.create(Experiment(), owner, limits=LIMITS, **more).id


# ---- what may wait --------------------------------------------------------------------------------------------------


def test_an_owner_has_so_many_jobs_waiting_and_all_together_so_many(store: Store) -> None:
    first, _second = wait_in(store, ALICE), wait_in(store, ALICE)
    with pytest.raises(RunRefused, match="You have 2 runs waiting"):
        wait_in(store, ALICE)
    wait_in(store, BOB)
    with pytest.raises(RunRefused, match="3 runs are waiting"):
        wait_in(store, CAROL)
    store.command(first, Command("stop"))
    wait_in(store, CAROL)


def test_the_runs_of_a_sweep_are_one_job(store: Store) -> None:
    for _ in range(5):
        wait_in(store, ALICE, sweep="a")
    wait_in(store, ALICE, sweep="b")
    with pytest.raises(RunRefused, match="You have 2"):
        wait_in(store, ALICE, sweep="c")
    wait_in(store, ALICE, sweep="b")
    wait_in(store, BOB, sweep="a")


def test_the_shell_is_not_limited(store: Store) -> None:
    for _ in range(5):
        store.create(Experiment(), ALICE)


def test_what_is_resumed_waits_as_what_is_new(store: Store) -> None:
    stopped = wait_in(store, ALICE)
    store.command(stopped, Command("stop"))
    wait_in(store, ALICE), wait_in(store, ALICE)
    with pytest.raises(RunRefused, match="You have 2"):
        store.requeue(stopped, LIMITS)
    store.requeue(stopped)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WAITING", "3"), ("QUEUE", "20"), ("MINUTES", "2.5")):
        monkeypatch.setenv(f"STILLROOM_{name}", value)
    assert QueueLimits.from_environment() == QueueLimits(3, 20, 2.5)
    for wrong in ("many", "0", "-1", "nan", "inf"):
        monkeypatch.setenv("STILLROOM_WAITING", wrong)
        with pytest.raises(
            OutOfResources, match=f"STILLROOM_WAITING={wrong}: give a number of runs, at least 1"
        ):
            QueueLimits.from_environment()


# ---- how long -------------------------------------------------------------------------------------------------------


def test_what_would_take_too_long_is_refused_in_a_sentence() -> None:
    LIMITS.refuse_long(None)
    LIMITS.refuse_long(3600)
    with pytest.raises(RunRefused, match="for about 61 minutes; a run may take 60 minutes here"):
        LIMITS.refuse_long(3660)
    with pytest.raises(RunRefused, match="for about 400 hours"):
        LIMITS.refuse_long(400 * 3600)
    with pytest.raises(RunRefused, match="for about 50 minutes; a run may take a minute here"):
        QueueLimits(minutes=1).refuse_long(3000)


def test_a_run_that_takes_longer_all_the_same_is_stopped_and_not_resumed_here(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_bounds, "LOOK_SECONDS", 0.0)
    run = store.create(steps(2000), ALICE, status="running")
    with store.writing() as db:
        db.execute("UPDATE runs SET active = 3600")
    ended = trained(store, run.id, limits=LIMITS)
    assert (ended.status, ended.error) == ("stopped", LIMITS.spent)
    assert ended.results == {}
    with pytest.raises(RunRefused, match="as long as a run may"):
        store.requeue(run.id, LIMITS)
    store.requeue(run.id, QueueLimits(minutes=61))


def test_a_run_of_the_shell_takes_its_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_bounds, "LOOK_SECONDS", 0.0)
    run = store.create(steps(20), ALICE, status="running")
    with store.writing() as db:
        db.execute("UPDATE runs SET active = 1e6")
    assert trained(store, run.id).status == "finished"


# ---- who, and where -------------------------------------------------------------------------------------------------


def test_nobody_starts_a_run_that_nobody_could_stop(make_manager: MakeManager) -> None:
    manager = make_manager()
    with pytest.raises(RunRefused, match="who it is"):
        manager.submit(steps(1), "")
    with pytest.raises(RunRefused, match="a run may take 60 minutes"):
        manager.submit(steps(1), ALICE, seconds=1e5)
    assert manager.runs() == []


def test_nothing_begins_on_a_full_disk(
    make_manager: MakeManager, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = store.create(steps(1), ALICE)
    monkeypatch.setenv("STILLROOM_FREE", "1e9")
    manager = make_manager()
    with pytest.raises(OutOfResources, match="GB are free on the disk"):
        manager.submit(steps(1), ALICE)
    assert "GB are free" in until(lambda: manager.trouble)
    assert manager.run(waiting.id).status == "queued"


def test_a_run_is_parked_before_it_fills_the_disk_and_goes_on_where_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch, gates: Gates
) -> None:
    monkeypatch.setattr(run_bounds, "LOOK_SECONDS", 0.0)
    gates.shut(50)
    run = store.create(steps(200), ALICE, status="running")
    monkeypatch.setattr(
        free_space, "low_space", lambda *_: "Full." if store.run(run.id).progress.get("step") == 50 else ""
    )
    ended = trained(store, run.id)
    assert (ended.status, ended.error) == ("parked", "Full.")
    gates.open(50)
    monkeypatch.setattr(free_space, "low_space", lambda *_: "")
    store.requeue(run.id)
    ended = trained(store, run.id)
    assert ended.status == "finished"
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == [*range(1, 201)]


# ---- whose pictures -------------------------------------------------------------------------------------------------


def test_nobody_trains_on_pictures_that_another_browser_keeps_to_itself(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.setenv("STILLROOM_DATA", str(data))
    name = kept(data, digest(ALICE)).name
    own, sweep = Experiment(dataset=name), CohortSpec((Experiment(), Experiment(dataset=name)))
    search = SearchSpec(Experiment(), {"dataset": ("digits", name)}, seeds=1, trials=4)
    store.create(own, ALICE, limits=QueueLimits())
    for job in (own, sweep, search):
        with pytest.raises(DataUnavailable, match="has not shared them"):
            store.create(job, BOB, limits=QueueLimits())
    uploaded_pictures.share(data, name, digest(ALICE), True)
    store.create(own, BOB, limits=QueueLimits())
    uploaded_pictures.delete(data, name, digest(ALICE))
    with pytest.raises(DataUnavailable, match="were deleted"):
        store.create(own, ALICE, limits=QueueLimits())
