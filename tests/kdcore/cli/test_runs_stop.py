"""The machine's owner can stop every run from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.system.processes import Process


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    return Store(tmp_path / "runs")


def test_one_run_or_all_of_them_are_stopped(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    training, waiting, other = (store.create(Experiment(), owner) for owner in ("alice", "alice", "bob"))
    assert store.claim(training.id, Process("elsewhere", 1, "x"))
    assert main(["runs", "stop", waiting.id[:8]]) == 0
    assert capsys.readouterr().out == f"stopped {waiting.id}\n"
    assert store.run(waiting.id).status == "stopped"
    assert main(["runs", "stop", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"stopped": [other.id, training.id]}
    assert store.run(other.id).status == "stopped"
    assert [command.kind for command in store.take_commands(training.id)] == ["stop"]


def test_what_to_stop_has_to_be_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    run = store.create(Experiment(), "alice")
    assert main(["runs", "stop"]) == 2
    assert main(["runs", "stop", run.id, "--all"]) == 2
    assert "runs stop --all" in capsys.readouterr().err
    assert store.run(run.id).status == "queued"
    assert main(["runs", "stop", run.id]) == 0
    assert main(["runs", "stop", run.id]) == 2, "it is stopped already"
    assert main(["runs", "stop", "--all"]) == 0
    assert "nothing trains or waits" in capsys.readouterr().out
