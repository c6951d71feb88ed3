"""Seconds trained leave out what was no training."""

from __future__ import annotations

import time

import pytest

from kdcore.events import Finished, Progress
from kdcore.runs.history import History
from kdcore.runs.leases import LEASE_SECONDS
from kdcore.runs.store import Store
from tests.kdcore.runs.history_runs import ME, results, run


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time()
        monkeypatch.setattr(time, "time", lambda: self.now)


def test_seconds_trained_leave_out_pauses_and_the_time_between_sittings(
    store: Store, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, made = Clock(monkeypatch), run(store)

    def say(after: float, *, paused: bool = False) -> None:
        clock.now += after
        store.record(made, [Progress("students", 1, 9, 0.1, 1, paused=paused)], worker=ME)

    clock.now += 100  # in the queue
    assert store.claim(made, ME)
    say(1)
    say(2, paused=True)
    say(3, paused=True)
    store.park(made, ME)
    clock.now += 1000
    store.requeue(made)
    assert store.claim(made, ME)
    say(1)
    clock.now += LEASE_SECONDS + 1000  # the machine slept
    store.record(made, [], worker=ME)
    clock.now += 0.5
    store.record(made, [Finished("finished", results(20, 30))], worker=ME)
    assert store.run(made).active == pytest.approx(4.5)
    [line] = history.find().lines
    assert line.seconds == pytest.approx(4.5)
