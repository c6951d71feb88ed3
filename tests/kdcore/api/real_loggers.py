"""The logs in MLflow and in Weights & Biases, read back from what the real tools kept: `make loggers`."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from torch import Tensor
from wandb.proto import wandb_internal_pb2

import kdcore

SHORT: dict[str, Any] = {"count": 100, "epochs": 5, "progress": False}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("WANDB_SILENT", "true")
    return tmp_path


def no_number(student: Tensor, teacher: Tensor, T: float) -> Tensor:
    return student.mean() * float("nan")


def errors_of(result: kdcore.Result, role: str) -> list[float]:
    curves = result.curves
    own = curves[(curves.role == role) & (curves.series == "val_errors") & (curves.phase == "students")]
    return list(own.sort_values("step").value)


@pytest.mark.parametrize("store", ["sqlite:///{}/mlflow.db", "file://{}/mlruns"])
def test_mlflow_has_the_runs_settings_curves_and_test_figures(store: str, folders: Path) -> None:
    log = kdcore.MLflowLog(store.format(folders), experiment="digits")
    result = kdcore.distill(temperature=8, title="warm", on_event=log, **SHORT)
    client = mlflow.MlflowClient(tracking_uri=store.format(folders))
    kept = client.get_run(log.run_id)
    assert (kept.info.status, kept.info.run_name) == ("FINISHED", "warm")
    assert (kept.data.params["temperature"], kept.data.params["run"]) == ("8.0", result.run.id)
    assert kept.data.metrics["student/test_errors"] == result.errors["student"]
    for role in ("twin", "student"):
        history = client.get_metric_history(log.run_id, f"{role}/val_errors")
        assert [one.value for one in sorted(history, key=lambda one: one.step)] == errors_of(result, role)


def test_mlflow_has_a_sweeps_loop_and_a_run_that_failed(folders: Path) -> None:
    log = kdcore.MLflowLog(f"sqlite:///{folders}/mlflow.db")
    swept = kdcore.sweep({"temperature": [1, 4]}, seeds=1, count=100, epochs=3, on_event=log, progress=False)
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{folders}/mlflow.db")
    kept = client.get_run(log.run_id).data.metrics
    errors = {kept["student-0/test_errors"], kept["student-1/test_errors"]}
    assert errors == {float(one.errors["student"]) for one in swept.results}
    with pytest.raises(kdcore.StillroomError, match="did not finish"):
        kdcore.distill(on_event=log, method=kdcore.own_method(no_number), **SHORT)
    assert client.get_run(log.run_id).info.status == "FAILED"


def test_weights_and_biases_keeps_the_run_offline(folders: Path) -> None:
    log = kdcore.WandbLog("digits", mode="offline", folder=str(folders))
    result = kdcore.distill(temperature=8, title="warm", on_event=log, **SHORT)
    [file] = (folders / "wandb").glob("offline-run-*/run-*.wandb")
    history, summary, config = list[dict[str, Any]](), dict[str, Any](), dict[str, Any]()
    for data in stored(file):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "history":
            history.append(named(record.history.item))
        elif kind == "summary":
            summary |= named(record.summary.update)
        elif kind == "run":
            config |= named(record.run.config.update)
    assert config["temperature"] == 8.0
    assert summary["student/test_errors"] == result.errors["student"]
    assert summary["status"] == "finished"
    shown = [one["student/val_errors"] for one in history if "student/val_errors" in one]
    assert shown == errors_of(result, "student")


BLOCK, FILE_HEADER = 32768, 7
FULL, LAST = 1, 4


def stored(file: Path) -> Iterator[bytes]:
    """The records of an offline run: LevelDB's log format behind a header of the tool's own."""
    data, at, parts = file.read_bytes(), FILE_HEADER, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (FULL, LAST):
            yield parts
            parts = b""


def named(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
