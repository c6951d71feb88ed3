"""A sweep trains what is missing, once, and resumes what was interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kdcore.errors import RunRefused
from kdcore.events import Command, Event, Validation
from kdcore.runs import checkpoints, run_training, store_commands
from kdcore.runs.cohort_results import member_id
from kdcore.runs.run_training import train_run
from kdcore.runs.runs_folder import RUN_ID
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_results import result_rows
from kdcore.studies.sweep_training import (
    create_run,
    member_runs,
    missing_jobs,
)
from tests.kdcore.studies.small_sweeps import BASE, SWEEP, Died, train


def test_every_member_becomes_a_finished_run_and_is_not_trained_twice(store: Store) -> None:
    [cohort] = train(SWEEP, store)
    assert (cohort.status, cohort.sweep, len(cohort.results["members"])) == ("finished", SWEEP.hash, 6)
    trained = member_runs(SWEEP.members, store)
    for place, found in enumerate(trained):
        run = found.run
        assert run is not None
        assert (run.status, run.hash, run.sweep) == ("finished", found.member.experiment.hash, SWEEP.hash)
        assert {"teacher", "twin", "student", "dataset", "seconds"} <= run.results.keys()
        roles = {p.role for p in store.points(run.id) if p.series == "val_error"}
        assert roles == {"teacher", "twin", "student"}
        assert {e.payload["role"] for e in store.events(run.id) if e.kind == "Snapshot"} == {
            "twin",
            "student",
        }
        files = {path.name for path in store.run_folder(run.id).iterdir()}
        assert files == {"student.safetensors", "twin.safetensors"}, place
    assert store.points(cohort.id) == []
    assert not list(store.run_folder(cohort.id).glob("*.safetensors"))
    assert train(SWEEP, store) == [], "nothing is left to train"


def test_a_members_curve_and_errors_are_its_own(store: Store) -> None:
    train(SWEEP, store)
    runs = [f.run for f in member_runs(SWEEP.members, store) if f.run]
    for run in runs:
        last = [p.value for p in store.points(run.id) if (p.role, p.series) == ("student", "val_errors")][-1]
        assert last == run.results["student"]["val_errors"]
    curves = {
        tuple(p.value for p in store.points(r.id) if (p.role, p.series) == ("student", "val_nll"))
        for r in runs
    }
    assert len(curves) == 6


def test_more_seeds_train_only_the_new_ones(store: Store) -> None:
    train(SWEEP, store)
    more = Sweep(base=BASE, vary=SWEEP.vary, seeds=3)
    [cohort] = train(more, store)
    assert len(cohort.results["members"]) == 3
    assert {
        m.seed
        for m in more.members
        if m.experiment in [r.experiment for r in store.runs() if r.sweep == more.hash]
    } == {2}


def test_a_run_of_its_own_counts_as_a_member(store: Store) -> None:
    run = store.create(SWEEP.members[0].experiment, "somebody", status="running")
    assert train_run(store, run.id, data_folder=store.folder).status == "finished"
    [cohort] = train(SWEEP, store)
    assert len(cohort.results["members"]) == 5


def test_settings_that_cannot_share_a_loop_are_trained_apart(store: Store) -> None:
    sizes = Sweep(base=BASE.with_flat(epochs=2), vary={"student": ("mlp-10", "mlp-20", "cnn-small")}, seeds=1)
    assert len(train(sizes, store)) == 3
    rows = result_rows(member_runs(sizes.members, store))
    assert [(r["role"], r["student"]) for r in rows] == [
        (role, name) for role in ("student", "twin") for name in ("mlp-10", "mlp-20", "cnn-small")
    ]
    assert len({r["parameters"] for r in rows}) == 3


def test_a_method_that_trains_something_first_is_an_ordinary_run_of_the_sweep(store: Store) -> None:
    methods = Sweep(
        base=BASE.with_flat(epochs=2), vary={"method": ("soft-targets", "teacher-assistant")}, seeds=1
    )
    cohorts = train(methods, store)
    assert sorted(run.has_members for run in cohorts) == [False, True]
    assert all(f.run is not None for f in member_runs(methods.members, store))


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_commands, "POLL_SECONDS", 0.0)


def commanded(store: Store, kind: str, at: int) -> run_training.WatchEvents:
    def watch(events: Iterable[Event]) -> Iterator[Event]:
        told = False
        for event in events:
            yield event
            if isinstance(event, Validation) and event.step >= at and not told:
                told = True
                run = next(run for run in store.runs() if run.live)
                store.command(run.id, Command(kind))  # type: ignore[arg-type]

    return watch


def test_a_stopped_sweep_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    long = Sweep(base=BASE.with_flat(epochs=40), vary={"temperature": (1, 8)}, seeds=2)
    [stopped] = train(long, store, watch=commanded(store, "stop", 10))
    assert (stopped.status, stopped.results.get("members")) == ("stopped", None)
    assert all(f.run is None for f in member_runs(long.members, store))
    kept = checkpoints.newest(store.run_folder(stopped.id))
    assert kept is not None
    assert kept.checkpoint.step >= 10
    [ended] = train(long, store)
    assert (ended.id, ended.status) == (stopped.id, "finished")
    whole = Store(tmp_path / "others")
    train(long, whole)
    for mine, theirs in zip(member_runs(long.members, store), member_runs(long.members, whole), strict=True):
        assert mine.run is not None
        assert theirs.run is not None
        assert mine.run.results["student"]["test_nll"] == theirs.run.results["student"]["test_nll"]
    whole.close()


def test_a_sweep_killed_as_its_members_are_made_is_ended_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("kdcore.runs.cohort_results._CohortRecord.finish", die)
        with pytest.raises(Died):
            train(SWEEP, store)
    assert [run.has_members for run in store.runs()] == [True], "no member without the others"
    [left] = store.runs()
    store.finish(left.id, "lost")
    [ended] = train(SWEEP, store)
    assert (ended.id, ended.status) == (left.id, "finished")
    assert len(store.runs()) == 7


def test_a_sweeps_settings_cannot_change_while_it_trains(store: Store) -> None:
    [cohort] = missing_jobs(SWEEP, store)
    run = create_run(SWEEP, cohort, store, "me", status="running")
    with pytest.raises(RunRefused, match="sweep"):
        store.command(run.id, Command("set", "temperature", 3.0))


def test_members_ids_are_valid_and_follow_from_the_cohorts() -> None:
    ids = [member_id("abc", n) for n in range(50)]
    assert ids == [member_id("abc", n) for n in range(50)]
    assert len(set(ids)) == 50
    assert all(RUN_ID.fullmatch(one) for one in ids)
