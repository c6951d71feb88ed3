"""For whom the engine prefetches, and whose worker then gets the run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from kdcore.data import uploaded_pictures
from kdcore.errors import DataUnavailable
from kdcore.experiment import Experiment
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs import local_engine, prefetching
from kdcore.runs import worker as worker_module
from kdcore.runs.admission import Admission
from kdcore.runs.local_engine import LocalEngine
from kdcore.runs.manager import Manager
from kdcore.runs.prefetching import KEPT_SECONDS, Prefetching
from kdcore.runs.store import Store
from kdcore.runs.worker import ANSWERED, SPEED
from kdcore.system.processes import Process
from tests.kdcore.runs.helping import ALICE, BOB, until

DIGITS = Experiment.from_flat({"count": 100, "epochs": 2})
OTHERS = DIGITS.with_flat(count=200)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves on the time that the modules see."""
    moved = [0.0]

    def now(real: Callable[[], float] = time.monotonic) -> float:
        return real() + moved[0]

    for module in (prefetching, local_engine):
        monkeypatch.setattr(module, "time", MagicMock(monotonic=now))

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


@pytest.fixture
def engine(folder: Path) -> Iterator[LocalEngine]:
    folder.mkdir(exist_ok=True)
    made = LocalEngine(folder)
    yield made
    made.close(0)


@pytest.fixture
def looked_at(store: Store) -> Prefetching:
    return Prefetching(MagicMock(runs=[]), store, Admission(store.folder))


def asked(looked_at: Prefetching) -> list[Experiment | None]:
    assert isinstance(looked_at.engine, MagicMock)
    return [call.args[0] for call in looked_at.engine.prefetch.call_args_list]


def idle() -> subprocess.Popen[bytes]:
    """In a spare worker's place: it waits for a line."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


# ---- for whom ----------------------------------------------------------------------------------------------------------


def test_the_newest_recipe_is_prefetched_for_and_forgotten_after_a_while(
    looked_at: Prefetching, clock: Callable[[float], None]
) -> None:
    looked_at.look_after()
    assert not asked(looked_at), "nobody looks at a recipe"
    looked_at.expect(DIGITS, ALICE)
    looked_at.expect(OTHERS, BOB)
    looked_at.look_after()
    clock(KEPT_SECONDS + 1)
    looked_at.look_after()
    looked_at.look_after()
    assert asked(looked_at) == [OTHERS, None]


@pytest.mark.parametrize("where", ["here", "on another server"])
def test_nothing_is_prefetched_while_a_run_trains(looked_at: Prefetching, where: str) -> None:
    if where == "here":
        looked_at.engine = MagicMock(runs=["a run"])
    else:
        run = looked_at.store.create(DIGITS, ALICE)
        looked_at.store.claim(run.id, Process.me(), parent=None, slots=1)
    looked_at.expect(DIGITS, ALICE)
    looked_at.look_after()
    assert asked(looked_at) == [None], "it would be slowed down"


def test_it_can_be_switched_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_PREFETCH", "0")
    looked_at = Prefetching(MagicMock(runs=[]), store, Admission(store.folder))
    looked_at.expect(DIGITS, ALICE)
    looked_at.look_after()
    assert not asked(looked_at)


def test_what_a_browser_may_not_start_is_not_prefetched_for(
    looked_at: Prefetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at.expect(DIGITS, "")
    looked_at.look_after()
    assert not asked(looked_at), "a browser without a cookie could stop nothing"

    def refuse(*_: object) -> None:
        raise DataUnavailable("These pictures are another browser's.")

    monkeypatch.setattr(uploaded_pictures, "refuse_others", refuse)
    looked_at.expect(DIGITS, ALICE)
    looked_at.look_after()
    assert not asked(looked_at)


def test_a_manager_prefetches_for_the_recipe_that_a_page_names(folder: Path) -> None:
    engine = MagicMock(runs=[], slots=1)
    manager = Manager(folder, engine=engine)
    try:
        manager.prefetching.expect(DIGITS, ALICE)
        until(lambda: asked(manager.prefetching)[-1:] == [DIGITS])
        run = manager.submit(OTHERS, ALICE)
        until(lambda: engine.start.called)
        assert engine.start.call_args.args == (run.id, 1, OTHERS)
    finally:
        engine.ended.return_value = engine.close.return_value = []
        manager.close()


# ---- by whom -----------------------------------------------------------------------------------------------------------


def test_the_run_goes_to_the_worker_that_prefetched_for_it(engine: LocalEngine, store: Store) -> None:
    store.set_fact(SPEED, {"step": 1e-3, "linear": 2e10, "convolution": 5e10})
    engine.keep_spare()
    ready = engine.spare
    assert ready is not None
    engine.prefetch(DIGITS)
    until(lambda: teacher_question(DIGITS) in (store.fact(ANSWERED) or {}))
    run = store.create(DIGITS.with_flat(temperature=8), ALICE)
    engine.start(run.id, 1, run.experiment)
    assert ready.wait(120) == 0, "it trained the run, and ended"
    assert store.run(run.id).status == "finished"
    assert engine.ended() == [(run.id, 0)]


def test_one_worker_prefetches_at_a_time_and_is_left_some_seconds(
    engine: LocalEngine, clock: Callable[[float], None]
) -> None:
    engine.prefetch(DIGITS)
    assert engine.prefetching is None, "no worker is ready yet"
    first = engine.spare = idle()
    engine.prefetch(DIGITS)
    engine.prefetch(DIGITS.with_flat(temperature=8))
    assert engine.spare is None, "the same images, the same teacher: the same worker"
    second = engine.spare = idle()
    engine.prefetch(OTHERS)
    assert first.poll() is None, "where many recipes are looked at, none would be finished"
    clock(local_engine.PREFETCH_AGAIN + 1)
    engine.prefetch(OTHERS)
    assert first.poll() is not None
    assert second.poll() is None
    engine.prefetch(None)
    assert second.poll() is not None
    assert engine.prefetching is None


@pytest.mark.parametrize("experiment", [OTHERS, DIGITS.with_flat(method="labels-only"), None])
def test_a_run_that_needs_something_else_does_not_wait_for_it(
    engine: LocalEngine, store: Store, experiment: Experiment | None
) -> None:
    busy = engine.spare = idle()
    engine.prefetch(DIGITS)
    spare = engine.spare = idle()
    run = store.create(OTHERS, ALICE)
    engine.start(run.id, 1, experiment)
    assert busy.poll() is not None
    assert engine.prefetching is None
    assert engine.workers == {run.id: spare}
    assert spare.wait(60) == 0


def test_the_end_of_the_engine_ends_it(engine: LocalEngine) -> None:
    busy = engine.spare = idle()
    engine.prefetch(DIGITS)
    engine.close(0)
    assert busy.poll() is not None


def test_whatever_fails_while_prefetching_the_worker_trains_its_run(
    store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    trained: list[str] = []

    def train(options: object, pipeline: object, parent: object, run_id: str, slots: int) -> int:
        trained.append(run_id)
        return 0

    monkeypatch.setattr(os, "nice", lambda more: more)
    monkeypatch.setattr(worker_module, "_train", train)
    monkeypatch.setattr("kdcore.pipelines.prefetch.check", MagicMock(side_effect=ZeroDivisionError))
    for line in (DIGITS.to_json(), DIGITS.with_flat(dataset="none").to_json()):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{line}\nrun 1\n"))
        assert worker_module.main(["--runs", str(store.folder)]) == 0
    assert trained == ["run", "run"]
    assert "ZeroDivisionError" in capfd.readouterr().err, "a fault of our own is in the log"
