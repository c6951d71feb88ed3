"""The record survives, refuses and forgets as it says."""

from __future__ import annotations

import math
import sqlite3
import threading
from pathlib import Path

import pytest

from kdcore.errors import InvalidExperiment, OutOfResources, RunRefused
from kdcore.events import (
    BatchMetrics,
    Command,
    Finished,
    HotChange,
    Phase,
    Pinned,
    Progress,
    Snapshot,
    TermValue,
    Validation,
)
from kdcore.experiment import Experiment
from kdcore.runs.schema import SCHEMAS
from kdcore.runs.store import LeaseLost, Run, Store
from kdcore.system.processes import Process

ME = Process.me()
OTHER = Process("elsewhere", 1, "long ago")


def queued(store: Store, owner: str = "alice", **flat: object) -> Run:
    return store.create(Experiment().with_flat(**flat), owner)


def claimed(store: Store, worker: Process = ME) -> Run:
    run = queued(store)
    assert store.claim(run.id, worker)
    return run


# ---- runs -----------------------------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was_written(store: Store, folder: Path) -> None:
    experiment = Experiment().with_flat(temperature=7.5, omit=(3, 1), parameters={"confidence": 0.9})
    made = store.create(experiment, "alice", title="My preset")
    read = Store(folder).run(made.id)
    assert read == made
    assert (read.experiment, read.hash, read.title) == (experiment, experiment.hash, "My preset")
    assert (read.status, read.queue_position) == ("queued", 1)


def test_ids_are_random_and_begin_like_a_word(store: Store) -> None:
    ids = {queued(store).id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(i) == 22 and i[0].isalnum() for i in ids)


def test_an_owner_is_not_readable_from_the_database(store: Store, folder: Path) -> None:
    queued(store, owner="a very secret cookie")
    store.close()
    for path in folder.iterdir():
        assert b"very secret" not in path.read_bytes()
    assert len(Store(folder).runs(owner="a very secret cookie")) == 1


def test_unknown_ids_are_refused_with_a_sentence(store: Store) -> None:
    for ask in (store.run, store.points, store.events, store.delete, store.take_commands):
        with pytest.raises(RunRefused, match="There is no run"):
            ask("AAAAAAAAAAAAAAAAAAAAAA")
    with pytest.raises(RunRefused):
        store.run_folder("../../etc")


def test_runs_are_listed_newest_first_and_filtered(store: Store) -> None:
    first, second = queued(store, "alice"), queued(store, "bob", temperature=2)
    store.finish(second.id, "finished", {"a": 1})
    assert [r.id for r in store.runs()] == [second.id, first.id]
    assert [r.id for r in store.runs(owner="alice")] == [first.id]
    assert [r.id for r in store.runs(status="finished")] == [second.id]
    assert [r.id for r in store.runs(hash=first.hash)] == [first.id]
    assert [r.id for r in store.runs(limit=1)] == [second.id]


def test_deleting_takes_rows_and_folder_but_never_a_live_run(store: Store, folder: Path) -> None:
    run = claimed(store)
    place = store.run_folder(run.id)
    place.mkdir()
    (place / "student.safetensors").touch()
    store.record(run.id, [Phase("students"), Validation(1, 0.1, "twin", 5, 100, 0.3)], worker=ME)
    with pytest.raises(RunRefused, match="Stop it first"):
        store.delete(run.id)
    store.purge([run.id])
    assert place.exists(), "nothing is taken from under its worker"
    store.finish(run.id, "stopped")
    store.delete(run.id)
    assert place.exists(), "a deletion can be undone"
    store.purge([run.id])
    assert not place.exists()
    database = sqlite3.connect(folder / "runs.sqlite3")
    for table in ("runs", "points", "events", "commands", "summaries"):
        assert database.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)


def test_a_finished_run_is_offered_again_unless_something_was_changed_on_the_way(store: Store) -> None:
    plain, hot = claimed(store), queued(store)
    assert store.unchanged_finished(plain.hash) is None
    store.finish(plain.id, "finished", {})
    store.record(hot.id, [HotChange(1, 0.1, "temperature", 2.0), Finished("finished")])
    assert store.unchanged_finished(plain.hash).id == plain.id  # type: ignore[union-attr]
    store.delete(plain.id)
    assert store.unchanged_finished(plain.hash) is None


# ---- rows -----------------------------------------------------------------------------------------------------------


def test_measured_events_become_points_and_the_others_stay_events(store: Store) -> None:
    run = claimed(store)
    pinned = Pinned((4,), (1,), ("data:,",), ((0.5, 1.5),), ("a", "b"))
    last = store.record(
        run.id,
        [
            Phase("teacher", "cpu", 2),
            Validation(0, 0.0, "teacher", 3, 60, 0.25),
            Phase("students", "cpu", 1),
            pinned,
            BatchMetrics(5, 0.5, "twin", (TermValue("ce", 2.0, 1.5), TermValue("kl", 1.0, 0.5)), 0.01),
            Snapshot(5, 0.5, "twin", (4,), ((1.0, 2.0),)),
            HotChange(5, 0.5, "temperature", 8.0),
            Progress("students", 5, 50, 0.5, 5, 1000.0, 3.0),
        ],
        worker=ME,
    )
    points = store.points(run.id)
    assert {(p.phase, p.role, p.series): p.value for p in points} == {
        ("teacher", "teacher", "val_errors"): 3,
        ("teacher", "teacher", "val_error"): 0.05,
        ("teacher", "teacher", "val_nll"): 0.25,
        ("students", "twin", "loss.ce.raw"): 2.0,
        ("students", "twin", "loss.ce.scaled"): 1.5,
        ("students", "twin", "loss.kl.raw"): 1.0,
        ("students", "twin", "loss.kl.scaled"): 0.5,
        ("students", "twin", "loss.total"): 2.0,
        ("students", "twin", "learning_rate"): 0.01,
    }
    events = store.events(run.id)
    assert [e.kind for e in events] == ["Phase", "Phase", "Pinned", "Snapshot", "HotChange"]
    assert events[2].payload["teacher_logits"] == [[0.5, 1.5]]
    assert [e.phase for e in events] == ["teacher", "students", "students", "students", "students"]
    seqs = sorted([p.seq for p in points] + [e.seq for e in events])
    assert seqs == list(range(1, last + 1))
    read = store.run(run.id)
    assert (read.phase, read.device, read.threads, read.seq) == ("students", "cpu", 1, last)
    assert read.progress["images_per_second"] == 1000.0
    assert store.points(run.id, after=points[-2].seq) == points[-1:]


def test_a_value_that_is_no_number_comes_back_as_one(store: Store) -> None:
    run = claimed(store)
    store.record(
        run.id, [Validation(0, 0.0, "twin", 0, 1, math.nan), Validation(1, 0.0, "twin", 0, 1, math.inf)]
    )
    values = [p.value for p in store.points(run.id) if p.series == "val_nll"]
    assert math.isnan(values[0])
    assert values[1] == math.inf


def test_progress_says_whether_a_run_is_paused(store: Store) -> None:
    run = claimed(store)
    store.record(run.id, [Progress("students", 1, 2, 0.1, 1, paused=True)], worker=ME)
    assert store.run(run.id).status == "paused"
    store.record(run.id, [Progress("students", 1, 2, 0.1, 1)], worker=ME)
    assert store.run(run.id).status == "running"


def test_a_transaction_is_whole_or_not_at_all(store: Store) -> None:
    run = claimed(store)

    class Broken(dict):  # type: ignore[type-arg]
        def items(self) -> object:
            raise ZeroDivisionError

    from kdcore.events import Measured

    with pytest.raises(ZeroDivisionError):
        store.record(run.id, [Validation(1, 0.1, "twin", 5, 100, 0.3), Measured(1, 0.1, "twin", Broken())])
    assert store.points(run.id) == []
    assert store.run(run.id).seq == 0


def test_cutting_back_drops_what_was_said_later_and_never_numbers_it_again(store: Store) -> None:
    run = claimed(store)
    kept = store.record(run.id, [Phase("students"), Validation(1, 0.1, "twin", 5, 100, 0.3)])
    store.record(run.id, [Validation(2, 0.2, "twin", 4, 100, 0.2), HotChange(2, 0.2, "temperature", 2.0)])
    highest = store.run(run.id).seq
    store.cut_back(run.id, kept)
    assert [p.step for p in store.points(run.id)] == [1, 1, 1]
    assert [e.kind for e in store.events(run.id)] == ["Phase"]
    assert store.run(run.id).cuts == 1
    store.record(run.id, [Validation(2, 0.2, "twin", 4, 100, 0.2)])
    assert min(p.seq for p in store.points(run.id, after=kept)) > highest
    store.cut_back(run.id, store.run(run.id).seq)
    assert store.run(run.id).cuts == 1, "nothing was dropped: readers need not read anew"


# ---- commands -------------------------------------------------------------------------------------------------------


def test_commands_are_taken_once_and_in_order(store: Store) -> None:
    run = claimed(store)
    told = [Command("pause"), Command("set", "temperature", 9.0), Command("resume")]
    for command in told:
        store.command(run.id, command)
    assert store.take_commands(run.id) == told
    assert store.take_commands(run.id) == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (Command("set", "temperature", -1.0), "temperature"),
        (Command("set", "temperature", math.nan), "temperature"),
        (Command("set", "batch_size", 8.0), "cannot change"),
    ],
)
def test_a_setting_is_checked_before_a_run_hears_of_it(store: Store, command: Command, fault: str) -> None:
    run = claimed(store)
    with pytest.raises(InvalidExperiment, match=fault):
        store.command(run.id, command)
    with pytest.raises(RunRefused):
        store.command(run.id, Command("explode"))  # type: ignore[arg-type]
    assert store.take_commands(run.id) == []


def test_a_run_that_nobody_trains_can_only_be_stopped(store: Store) -> None:
    run = queued(store)
    with pytest.raises(RunRefused, match="queued"):
        store.command(run.id, Command("pause"))
    store.command(run.id, Command("stop"))
    assert store.run(run.id).status == "stopped"
    with pytest.raises(RunRefused, match="stopped"):
        store.command(run.id, Command("stop"))


def test_what_a_dead_worker_was_told_does_not_reach_the_next_one(store: Store) -> None:
    run = claimed(store)
    store.command(run.id, Command("stop"))
    store.finish(run.id, "lost", worker=ME)
    store.requeue(run.id)
    assert store.claim(run.id, OTHER)
    assert store.take_commands(run.id) == []


# ---- leases ---------------------------------------------------------------------------------------------------------


def test_only_one_worker_gets_a_run(folder: Path, store: Store) -> None:
    run = queued(store)
    workers = [Process("here", n, "now") for n in range(8)]
    barrier = threading.Barrier(len(workers))
    won: list[int] = []

    def claim(worker: Process) -> None:
        own = Store(folder)
        barrier.wait()
        if own.claim(run.id, worker, slots=8):
            won.append(worker.pid)
        own.close()

    threads = [threading.Thread(target=claim, args=[w]) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_worker_whose_lease_was_taken_over_may_write_no_more(store: Store) -> None:
    run = claimed(store)
    store.finish(run.id, "lost", worker=ME)
    store.requeue(run.id)
    assert store.claim(run.id, OTHER)
    with pytest.raises(LeaseLost):
        store.record(run.id, [Validation(1, 0.1, "twin", 5, 100, 0.3)], worker=ME)
    with pytest.raises(LeaseLost):
        store.park(run.id, ME)
    assert not store.finish(run.id, "failed", error="too late", worker=ME)
    assert store.points(run.id) == []
    assert store.run(run.id).status == "running"
    store.finish(run.id, "stopped")
    store.delete(run.id)
    with pytest.raises(LeaseLost):
        store.record(run.id, [], worker=ME)


def test_recording_renews_the_lease_and_finishing_ends_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = claimed(store)
    [before] = store.leases()
    store.record(run.id, [], worker=ME)
    [after] = store.leases()
    assert after.worker == ME
    assert after.until > before.until
    store.record(run.id, [Finished("finished", {"x": 1})], worker=ME)
    assert store.leases() == []
    assert store.run(run.id).results == {"x": 1}


def test_a_run_is_not_parked_when_it_was_just_told_something(store: Store) -> None:
    run = claimed(store)
    store.command(run.id, Command("resume"))
    assert not store.park(run.id, ME)
    store.take_commands(run.id)
    assert store.park(run.id, ME)
    assert store.run(run.id).status == "parked"


# ---- the queue ------------------------------------------------------------------------------------------------------


def test_the_queue_is_first_come_first_served_with_one_live_run_a_browser(store: Store) -> None:
    a1, a2, a3 = (queued(store, "alice") for _ in range(3))
    b1 = queued(store, "bob")
    c1 = queued(store, "carol")

    def places() -> list[int | None]:
        return [store.run(r.id).queue_position for r in (a1, a2, a3, b1, c1)]

    assert places() == [1, 4, 5, 2, 3]
    assert store.startable(2) == [a1.id, b1.id]
    assert not store.claim(a2.id, ME, slots=0)
    assert store.claim(a1.id, Process("here", 1, "x"), slots=2)
    assert not store.claim(a2.id, ME, slots=2), "alice has a live run"
    assert store.claim(b1.id, Process("here", 2, "x"), slots=2)
    assert not store.claim(c1.id, ME, slots=2), "both slots are taken"
    assert store.startable(2) == []
    assert places() == [None, 2, 3, None, 1]
    store.finish(a1.id, "finished", {})
    assert store.startable(2) == [a2.id], "alice was here before carol"
    store.finish(b1.id, "finished", {})
    assert store.startable(2) == [a2.id, c1.id]


def test_the_runs_of_a_sweep_train_at_once_where_nobody_else_waits(store: Store) -> None:
    s1, s2, s3 = (store.create(Experiment(), "alice", sweep="a sweep") for _ in range(3))
    after = queued(store, "alice")
    other = store.create(Experiment(), "alice", sweep="another sweep")
    assert store.startable(3) == [s1.id, s2.id, s3.id]
    bob = queued(store, "bob")
    assert store.startable(3) == [s1.id, bob.id, s2.id], "whoever has nothing yet comes first"
    assert store.startable(9) == [s1.id, bob.id, s2.id, s3.id], (
        "what alice asked for later waits for her sweep"
    )
    assert store.claim(s1.id, Process("here", 1, "x"), slots=3)
    assert store.claim(s2.id, Process("here", 2, "x"), slots=3)
    assert not store.claim(other.id, ME, slots=3)
    assert not store.claim(after.id, ME, slots=3)
    assert store.startable(3) == [bob.id]
    for run in (s1, s2):
        store.finish(run.id, "finished", {})
    assert store.claim(s3.id, Process("here", 3, "x"), slots=3)
    store.finish(s3.id, "finished", {})
    assert store.claim(after.id, ME, slots=3)
    assert not store.claim(other.id, ME, slots=3), "a simple run of hers goes on"
    assert store.startable(3) == [bob.id]


def test_a_resumed_run_queues_at_the_end(store: Store) -> None:
    first, second = claimed(store), queued(store, "bob")
    store.finish(first.id, "lost", error="gone", worker=ME)
    store.requeue(first.id)
    assert store.startable(2) == [second.id, first.id]
    assert store.run(first.id).error == ""
    with pytest.raises(RunRefused, match="nothing to resume"):
        store.requeue(first.id)


# ---- the database ---------------------------------------------------------------------------------------------------


def test_facts_are_kept(store: Store, folder: Path) -> None:
    assert store.fact("speed") is None
    store.set_fact("speed", {"mlp-30": 1.5})
    store.set_fact("speed", {"mlp-30": 2.5})
    assert Store(folder).fact("speed") == {"mlp-30": 2.5}


def test_a_database_of_a_newer_version_is_refused(folder: Path) -> None:
    Store(folder).close()
    database = sqlite3.connect(folder / "runs.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(RunRefused, match="newer version"):
        Store(folder)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_database_of_an_older_version_is_brought_up_to_date(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as older:
        older.setattr("kdcore.runs.store.SCHEMAS", SCHEMAS[:version])
        old = Store(folder)
        old._db.execute(
            "INSERT INTO runs (id, owner, title, status, experiment, hash, created, queued, results) "
            "VALUES ('A123456789012345678901', 'alice', 'of old', 'finished', ?, 'h', 1.0, 1, ?)",
            [Experiment().to_json(), '{"student": {"test_errors": 7}}'],
        )
        old.close()
    new = Store(folder)
    run = new.run("A123456789012345678901")
    assert (run.title, run.starred, run.tags, run.note, run.active) == ("of old", False, (), "", 0.0)
    found = new._db.execute("SELECT dataset, student_errors, words FROM summaries").fetchone()
    assert tuple(found)[:2] == ("digits", 7)
    assert "of old" in found["words"]
    new.close()
    database = sqlite3.connect(folder / "runs.sqlite3")
    assert database.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)
    database.close()


def test_what_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "runs.sqlite3").write_text("these are my notes, keep them\n" * 100)
    with pytest.raises(RunRefused, match="no database"):
        Store(folder)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutOfResources, match="STILLROOM_RUNS"):
        Store(tmp_path / "file" / "runs")


def test_a_read_only_database_is_a_sentence(store: Store) -> None:
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(OutOfResources, match="cannot be written"):
        queued(store)


def test_a_full_disk_is_a_sentence_and_the_record_stays_whole(store: Store) -> None:
    run = claimed(store)
    store._db.execute("PRAGMA max_page_count = 20")
    many = [Validation(n, n / 10, "twin", 5, 100, 0.3) for n in range(100_000)]
    with pytest.raises(OutOfResources, match="No space is left"):
        store.record(run.id, many, worker=ME)
    assert store.points(run.id) == []
    assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
