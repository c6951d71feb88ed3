"""A program of the project's in a process of its own: found wherever this one was started, with the settings that it is given."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kdcore.system.module_process import run_module


def test_it_runs_with_its_settings_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = str(tmp_path / "runs")
    done = run_module("kdcore", ["runs", "list", "--json"], settings={"STILLROOM_RUNS": runs}, patience=60)
    assert (done.returncode, done.stdout.strip()) == (0, "[]")
    assert run_module("kdcore", ["runs", "no-such"], settings={}, patience=60).returncode == 2


def test_it_is_ended_when_it_takes_too_long() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_module("kdcore", ["runs", "list"], settings={}, patience=0.01)
