"""Runs to export, each trained once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.kdcore.export.helpers import SMALL, Finished


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export") / "runs"


@pytest.fixture(scope="package")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Trains a run on the digits, once for each recipe."""
    records: dict[str, RecordedRun] = {}

    def run(*commands: Command, title: str = "", **flat: object) -> RecordedRun:
        experiment = Experiment.from_flat({**SMALL, **flat})
        key = f"{experiment.hash}{commands}{title}"
        if key not in records:
            store = Store(folder)
            one = store.create(experiment, "test", title=title, status="running")
            for command in commands:
                store.command(one.id, command)
            train_run(store, one.id, data_folder=tmp_path_factory.mktemp("data"))
            records[key] = read(store, one.id)
            assert records[key].run.status in ("finished", "stopped"), records[key].run.error
            store.close()
        return records[key]

    return run
