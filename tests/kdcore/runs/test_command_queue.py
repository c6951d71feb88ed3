"""Commands are checked, taken once, and never reach the next worker."""

from __future__ import annotations

import math

import pytest

from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.events import (
    Command,
    Progress,
)
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from tests.kdcore.runs.made_runs import ME, OTHER, claimed, queued


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


def test_what_a_run_is_to_begin_with_reaches_whoever_trains_it_and_is_no_command(store: Store) -> None:
    run = store.create(Experiment(), "me", begin_paused=10.0)
    assert store.claim(run.id, ME)
    assert store.take_commands(run.id) == [Command("begin_paused", value=10.0)]
    with pytest.raises(RunRefused, match="cannot be told"):
        store.command(run.id, Command("begin_paused"))


def test_a_run_that_is_resumed_keeps_its_pace(store: Store) -> None:
    run = store.create(Experiment(), "me", begin_paused=3.0)
    assert store.claim(run.id, ME)
    store.take_commands(run.id)
    store.record(run.id, [Progress("students", 0, 9, 0.0, 3, paused=True, pace=3.0)], worker=ME)
    assert store.park(run.id, ME)
    store.requeue(run.id)
    assert store.claim(run.id, OTHER)
    assert store.take_commands(run.id) == [Command("pace", value=3.0)]


def test_a_pace_has_bounds(store: Store) -> None:
    run = claimed(store)
    for pace in (-1.0, 1e9, math.nan):
        with pytest.raises(RunRefused, match="steps a second"):
            store.command(run.id, Command("pace", value=pace))
    store.command(run.id, Command("pace", value=3.0))
    assert store.take_commands(run.id) == [Command("pace", value=3.0)]
