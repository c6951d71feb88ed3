"""What a run emits becomes points and events, and is cut back on resume."""

from __future__ import annotations

import math
import time

import pytest

from kdcore.events import (
    BatchMetrics,
    HotChange,
    Phase,
    Pinned,
    Progress,
    Snapshot,
    TermValue,
    Validation,
)
from kdcore.runs.store import Store
from tests.kdcore.runs.made_runs import ME, claimed


def test_measured_events_become_points_and_the_others_stay_events(store: Store) -> None:
    run = claimed(store)
    pinned = Pinned((4,), (1,), ("data:,",), ((0.5, 1.5),), ("a", "b"))
    last = store.record(
        run.id,
        [
            Phase("teacher", "cpu", 2, "bfloat16"),
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
    assert read.precision == "bfloat16", "a phase that trains nothing leaves it"
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


def test_each_point_has_the_time_at_which_it_came(store: Store) -> None:
    run = claimed(store)
    events = [
        Phase("students"),
        Validation(1, 0.1, "twin", 5, 100, 0.3),
        Validation(2, 0.2, "twin", 4, 100, 0.2),
    ]
    store.record(run.id, events, worker=ME, times=[10.0, 11.0, 12.5])
    before = time.time()
    store.record(run.id, [Validation(3, 0.3, "twin", 4, 100, 0.2)], worker=ME)
    times = store.times(run.id)
    measured = {point.step: times[point.seq] for point in store.points(run.id)}
    assert (measured[1], measured[2]) == (11.0, 12.5)
    assert before <= measured[3] <= time.time()
