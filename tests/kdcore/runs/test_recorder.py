"""What a run says becomes its record, and the record and the checkpoints agree."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from kdcore.errors import RunRefused
from kdcore.events import Checkpoint, Command, Event, Finished, Phase, Progress, Validation
from kdcore.experiment import Experiment
from kdcore.runs import checkpoints, job_pipeline, run_training, store_commands
from kdcore.runs.recorder import record_events
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import claim_run, train_claimed
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.kdcore.runs import fake_training
from tests.kdcore.runs.helping import ALICE, steps, until

ME = Process.me()


def trained(store: Store, run_id: str, **options: Any) -> Run:
    claim_run(store, run_id)
    options = {"pipeline": fake_training.run, **options}
    return train_claimed(store.folder, run_id, data_folder=Path("nowhere"), **options)


def curve(store: Store, run_id: str) -> list[tuple[str, str, int, float]]:
    return [(p.role, p.series, p.step, p.value) for p in store.points(run_id)]


def told_at(step: int, store: Store, run_id: str, *commands: Command) -> run_training.WatchEvents:
    """Tell a run something as it comes to a step; it hears it at its next look."""

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        told = False
        for event in events:
            yield event
            if isinstance(event, Checkpoint) and event.step == step and not told:
                told = True
                for command in commands:
                    store.command(run_id, command)

    return watch


class Died(BaseException):
    """The process is gone, as far as the code under test can tell."""


def dying_at(step: int) -> run_training.WatchEvents:
    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Checkpoint) and event.step == step:
                raise Died
            yield event

    return watch


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in takes a thousand steps in the time between two looks."""
    monkeypatch.setattr(store_commands, "POLL_SECONDS", 0.0)


# ---- to the end -----------------------------------------------------------------------------------------------------


def test_a_run_is_recorded_to_its_end(store: Store) -> None:
    run = store.create(steps(20), ALICE, status="running")
    ended = trained(store, run.id)
    assert (ended.status, ended.results["steps"], ended.error) == ("finished", 20, "")
    assert ended.started <= ended.finished  # type: ignore[operator]
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == list(range(1, 21))
    assert (store.run_folder(run.id) / "student.safetensors").is_file()
    assert checkpoints.newest(store.run_folder(run.id)) is None, "a finished run needs none"
    with pytest.raises(RunRefused, match="finished"):
        trained(store, run.id)


def test_record_takes_any_events(store: Store) -> None:
    run = store.create(steps(1), ALICE, status="running")
    events = [Phase("students"), Validation(0, 0.0, "twin", 1, 10, 0.1), Finished("finished", {"a": 1})]
    assert record_events(store, run.id, iter(events)).results == {"a": 1}
    assert len(store.points(run.id)) == 3


def test_rows_are_on_the_disk_within_half_a_second_while_a_step_takes_long(
    store: Store, folder: Path
) -> None:
    run = store.create(steps(1), ALICE, status="running")
    reader = Store(folder)
    seen = threading.Event()

    def long_step() -> Iterator[Event]:
        yield Validation(0, 0.0, "twin", 1, 10, 0.1)
        until(lambda: reader.points(run.id), 0.5)
        [lease] = reader.leases()
        until(lambda: reader.leases()[0].until > lease.until, 2.5)
        seen.set()
        yield Finished("finished")

    ended = record_events(store, run.id, long_step())
    assert seen.is_set(), ended.error
    assert ended.status == "finished"


def test_a_run_that_another_worker_holds_is_refused(store: Store) -> None:
    run = store.create(steps(5), ALICE)
    assert store.claim(run.id, Process("elsewhere", 1, "x"))
    with pytest.raises(RunRefused, match="running"):
        trained(store, run.id)


def test_a_worker_whose_run_was_taken_over_stops_by_itself(store: Store, folder: Path) -> None:
    run = store.create(steps(2000), ALICE, status="running")
    other = Process("elsewhere", 1, "x")
    after: list[int] = []

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            if isinstance(event, Checkpoint) and event.step == 10:
                rival = Store(folder)
                rival.finish(run.id, "lost")
                rival.requeue(run.id)
                assert rival.claim(run.id, other)
                after.append(rival.run(run.id).seq)

    ended = trained(store, run.id, watch=watch, checkpoints_every=0)
    assert ended.status == "running"
    assert [lease.worker for lease in store.leases()] == [other]
    assert store.run(run.id).seq == after[0], "not a row was written after the run was taken over"
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert kept.checkpoint.step <= 10


# ---- killed and resumed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 7, 19])
def test_a_run_that_died_ends_as_if_it_had_not(store: Store, step: int) -> None:
    whole, broken = (store.create(steps(20), ALICE, status="running") for _ in range(2))
    trained(store, whole.id)
    with pytest.raises(Died):
        trained(store, broken.id, watch=dying_at(step), checkpoints_every=0)
    assert store.run(broken.id).status == "running"
    store.finish(broken.id, "lost")
    ended = trained(store, broken.id, checkpoints_every=0)
    assert ended.results == store.run(whole.id).results
    assert curve(store, broken.id) == curve(store, whole.id)
    weights = [(store.run_folder(r.id) / "student.safetensors").read_bytes() for r in (whole, broken)]
    assert weights[0] == weights[1]


def test_dying_between_a_checkpoint_and_the_rows_after_it_loses_nothing_twice(store: Store) -> None:
    """Rows were stored past the last checkpoint: they are cut back and come again."""
    run = store.create(steps(20), ALICE, status="running")

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Checkpoint) and event.step > 8:
                if event.step == 15:
                    until(lambda: any(p.step == 15 for p in store.points(run.id)))
                    raise Died
                continue
            yield event

    with pytest.raises(Died):
        trained(store, run.id, watch=watch, checkpoints_every=0)
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert kept.checkpoint.step == 8
    assert max(p.step for p in store.points(run.id)) == 15
    store.finish(run.id, "lost")
    trained(store, run.id)
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == list(range(1, 21))
    assert store.run(run.id).cuts == 1


def test_dying_between_the_rows_and_their_checkpoint_loses_nothing_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(steps(20), ALICE, status="running")
    real = checkpoints.write

    def write(folder: Path, checkpoint: Checkpoint, seq: int) -> None:
        if checkpoint.step == 9:
            assert max(p.step for p in store.points(run.id)) == 9, "rows are written before their checkpoint"
            raise Died
        real(folder, checkpoint, seq)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write", write)
        with pytest.raises(Died):
            trained(store, run.id, checkpoints_every=0)
    store.finish(run.id, "lost")
    trained(store, run.id)
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == list(range(1, 21))


def test_without_a_checkpoint_a_run_begins_again(store: Store) -> None:
    run = store.create(steps(20), ALICE, status="running")

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Progress | Checkpoint):
                raise Died
            yield event

    with pytest.raises(Died):
        trained(store, run.id, watch=watch)
    until(lambda: store.points(run.id))
    store.finish(run.id, "lost")
    trained(store, run.id)
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == list(range(1, 21))


# ---- told -----------------------------------------------------------------------------------------------------------


def test_a_hot_change_is_in_a_checkpoint_at_once(store: Store) -> None:
    run = store.create(steps(50), ALICE, status="running")
    command = Command("set", "temperature", 9.0)

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        yield from dying_at(30)(told_at(10, store, run.id, command)(events))

    with pytest.raises(Died):
        trained(store, run.id, watch=watch, checkpoints_every=1000)
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert kept.checkpoint.values["temperature"] == 9.0
    assert [e.kind for e in store.events(run.id)][-1] == "HotChange"
    store.finish(run.id, "lost")
    ended = trained(store, run.id)

    whole = store.create(steps(50), ALICE, status="running")
    until_told = told_at(10, store, whole.id, command)
    assert trained(store, whole.id, watch=until_told).results == ended.results
    assert [e.payload["value"] for e in store.events(run.id) if e.kind == "HotChange"] == [9.0]


def test_a_paused_run_is_checkpointed_at_once_and_parked_after_a_while(store: Store) -> None:
    run = store.create(steps(50), ALICE, status="running")
    ended = trained(
        store,
        run.id,
        watch=told_at(10, store, run.id, Command("pause")),
        checkpoints_every=1000,
        park_after=0.3,
    )
    assert ended.status == "parked"
    assert store.leases() == []
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert max(p.step for p in store.points(run.id)) == kept.checkpoint.step
    assert trained(store, run.id).results == trained(store, store.create(steps(50), ALICE).id).results


def test_a_stopped_run_keeps_what_it_has_and_can_go_on(store: Store) -> None:
    run = store.create(steps(50), ALICE, status="running")
    ended = trained(store, run.id, watch=told_at(10, store, run.id, Command("stop")))
    assert ended.status == "stopped"
    assert ended.results["steps"] == 10


def test_an_interrupted_run_is_left_to_be_resumed_from_where_it_was(store: Store) -> None:
    run = store.create(steps(50), ALICE, status="running")
    interrupted = threading.Event()

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Checkpoint) and event.step == 10:
                interrupted.set()
            yield event

    ended = trained(store, run.id, watch=watch, interrupted=interrupted, checkpoints_every=1000)
    assert ended.status == "lost"
    assert "Resume it" in ended.error
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert kept.checkpoint.step == max(p.step for p in store.points(run.id)) == 10
    assert trained(store, run.id).results["steps"] == 50


# ---- going wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("diverged", "The loss became NaN. Lower the learning rate."),
        ("memory", "not enough memory"),
        ("disk", "No space left on device"),
        ("bug", "Something unexpected went wrong: ZeroDivisionError: a mistake; the log is at"),
    ],
)
def test_what_goes_wrong_becomes_a_sentence_and_keeps_the_curves(
    store: Store, monkeypatch: pytest.MonkeyPatch, fault: str, sentence: str
) -> None:
    monkeypatch.setenv("FAKE_FAULT", fault)
    run = store.create(steps(20), ALICE, status="running")
    ended = trained(store, run.id)
    assert ended.status == "failed"
    assert sentence in ended.error
    assert "Traceback" not in ended.error
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == [1, 2, 3, 4, 5]
    log = store.run_folder(run.id) / "worker.log"
    assert log.exists() == (fault == "bug")
    if fault == "bug":
        assert "Traceback" in log.read_text()
    monkeypatch.delenv("FAKE_FAULT")
    assert trained(store, run.id).status == "finished", "once the cause is gone it can be resumed"


def test_ctrl_c_leaves_a_run_to_be_resumed(store: Store) -> None:
    run = store.create(steps(20), ALICE, status="running")

    def interrupt(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Checkpoint) and event.step == 5:
                raise KeyboardInterrupt
            yield event

    with pytest.raises(KeyboardInterrupt):
        trained(store, run.id, watch=interrupt)
    assert store.run(run.id).status == "lost"
    assert store.leases() == []
    assert trained(store, run.id).status == "finished"


def test_a_disk_that_fills_up_fails_the_run_with_a_sentence(store: Store) -> None:
    run = store.create(steps(5), ALICE, status="running")
    store.database.connection.execute("PRAGMA max_page_count = 20")

    def much() -> Iterator[Event]:
        for n in range(50_000):
            yield Validation(n, n / 10, "twin", 1, 10, 0.1)
        yield Checkpoint("students", 50_000, {}, {})
        raise AssertionError("nobody noticed")

    ended = record_events(store, run.id, much())
    assert ended.status == "failed"
    assert "No space is left" in ended.error


def test_tensors_are_written_before_training_goes_on(store: Store) -> None:
    """A checkpoint's tensors are the live ones: what is written is what they were when it was handed over."""
    run = store.create(steps(5), ALICE, status="running")
    x = torch.zeros(3)

    def changing() -> Iterator[Event]:
        yield Checkpoint("students", 1, {"x": x}, {})
        x.fill_(7)
        raise Died

    with pytest.raises(Died):
        record_events(store, run.id, changing())
    kept = checkpoints.newest(store.run_folder(run.id))
    assert kept is not None
    assert torch.equal(kept.checkpoint.tensors["x"], torch.zeros(3))


# ---- on another machine ---------------------------------------------------------------------------------------------


def gone_at(*places: int) -> job_pipeline.JobPipeline:
    """The stand-in, whose machine dies at each of these checkpoints: one a beginning."""
    left = list(places)

    def generate(experiment: Experiment, **given: Any) -> Iterator[Event]:
        dies_at = left.pop(0) if left else -1
        for event in fake_training.run(experiment, **given):
            if isinstance(event, Checkpoint) and event.step == dies_at:
                raise run_training.TrainerGone("The machine is gone.")
            yield event

    return generate


def test_a_run_whose_machine_dies_goes_on_and_nothing_is_lost_or_doubled(store: Store) -> None:
    moved, quiet = (store.create(steps(20), ALICE, status="running") for _ in range(2))
    ended = trained(store, moved.id, pipeline=gone_at(1, 9, 15), checkpoints_every=0.0)
    assert (ended.status, ended.error) == ("finished", "")
    assert ended.cuts == 3
    assert ended.results == trained(store, quiet.id).results
    assert curve(store, moved.id) == curve(store, quiet.id)


def test_a_run_that_takes_its_machines_down_is_given_up(store: Store) -> None:
    run = store.create(steps(20), ALICE, status="running")
    ended = trained(store, run.id, pipeline=gone_at(5, 9, 9, 9, 9), checkpoints_every=0.0)
    assert (ended.status, ended.error) == ("failed", "The machine is gone.")
    store.requeue(run.id)
    assert trained(store, run.id).status == "finished", "it can be resumed elsewhere"
    assert [p.step for p in store.points(run.id) if p.series == "loss.total"] == list(range(1, 21))
