"""A comparison of sizes that a browser asked for: measured in a process, one at a time, and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.data import size_measurement
from kdcore.errors import RunRefused
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.presets import preset
from tests.kdcore.runs.helping import until


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    monkeypatch.setattr(size_measurement, "_asked", {})
    store = Store(tmp_path)
    one = store.create(preset("digits-100").experiment.with_flat(epochs=1), "me", title="", status="running")
    train_run(store, one.id, data_folder=tmp_path)
    found = store.run(one.id)
    store.close()
    return found


def test_it_is_measured_in_a_process_and_kept_and_nobody_else_may_measure_meanwhile(trained: Run) -> None:
    assert size_measurement.measured(trained) == []
    assert size_measurement.asked(trained) is None
    size_measurement.measure(trained)
    with pytest.raises(RunRefused, match="Another run's networks are being measured"):
        size_measurement.measure(trained)
    asked = size_measurement.asked(trained)
    assert asked is not None
    until(lambda: not asked.running, 120)
    assert asked.failed == ""
    rows = size_measurement.measured(trained)
    assert {row.role for row in rows} == {"teacher", "twin", "student"}
    assert rows[0].errors == trained.results["teacher"]["test_errors"]


def test_why_it_failed_is_a_sentence_and_it_can_be_tried_again(trained: Run, tmp_path: Path) -> None:
    for file in (tmp_path / trained.id).glob("*.safetensors"):
        file.unlink()
    size_measurement.measure(trained)
    asked = size_measurement.asked(trained)
    assert asked is not None
    until(lambda: not asked.running, 120)
    assert asked.failed.endswith(".")
    assert "Traceback" not in asked.failed
    size_measurement.measure(trained)
    until(lambda: not size_measurement._asked[trained.id].running, 120)
