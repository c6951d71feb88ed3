"""Logs in other tools, against what they call of them; `make loggers` tests them against the real ones."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from torch import Tensor

import kdcore
from kdcore.api.event_log import EventLog

SHORT: dict[str, Any] = {"count": 100, "epochs": 3, "progress": False}


def no_number(student: Tensor, teacher: Tensor, T: float) -> Tensor:
    return student.mean() * float("nan")


class FakeMlflow:
    """What MLflowLog calls of MLflow, kept in lists; fails from a call on where it is told to."""

    def __init__(self) -> None:
        self.entities = SimpleNamespace(Param=lambda *one: one, Metric=lambda *one: one)
        self.params: dict[str, str] = {}
        self.metrics: list[tuple[str, float, int, int]] = []
        self.status: list[str] = []
        self.names: list[str] = []
        self.calls_left = 10**6

    def MlflowClient(self, tracking_uri: str | None) -> FakeMlflow:  # noqa: N802 - its own name
        return self

    def get_experiment_by_name(self, name: str) -> None:
        return None

    def create_experiment(self, name: str) -> str:
        return "1"

    def create_run(self, experiment: str, run_name: str) -> Any:
        self.names.append(run_name)
        return SimpleNamespace(info=SimpleNamespace(run_id=f"r{len(self.names)}"))

    def log_batch(self, run: str, params: Any = (), metrics: Any = ()) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise OSError("the server is gone")
        assert len(params) <= 100
        self.params |= dict(params)
        self.metrics += metrics

    def set_terminated(self, run: str, status: str) -> None:
        self.status.append(status)


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> FakeMlflow:
    fake = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)  # type: ignore[arg-type]
    return fake


def test_settings_curves_and_test_figures_are_logged(tool: FakeMlflow) -> None:
    result = kdcore.distill(temperature=8, title="warm", on_event=kdcore.MLflowLog(), **SHORT)
    assert tool.names == ["warm"]
    assert (tool.params["temperature"], tool.params["run"]) == ("8.0", result.run.id)
    curves = result.curves
    wanted = curves[(curves.phase == "students") & (curves.series == "val_errors") & (curves.role == "twin")]
    logged = [(step, value) for name, value, _time, step in tool.metrics if name == "twin/val_errors"]
    assert logged == list(zip(wanted.step, wanted.value, strict=True))
    assert ("student/test_errors", result.errors["student"]) in {(one[0], one[1]) for one in tool.metrics}
    assert tool.status == ["FINISHED"]


def test_a_run_that_fails_ends_as_failed_and_a_sweep_tells_its_students_apart(tool: FakeMlflow) -> None:
    log = kdcore.MLflowLog()
    with pytest.raises(kdcore.StillroomError, match="did not finish"):
        kdcore.distill(on_event=log, method=kdcore.own_method(no_number), **SHORT)
    assert tool.status == ["FAILED"]
    swept = kdcore.sweep({"temperature": [1, 4]}, seeds=1, count=100, epochs=2, on_event=log, progress=False)
    assert tool.status == ["FAILED", "FINISHED"]
    logged = dict(one[:2] for one in tool.metrics)
    errors = [logged[f"student-{i}/test_errors"] for i in range(2)]
    assert sorted(errors) == sorted(one.errors["student"] for one in swept.results)
    assert [tool.params[f"student-{i}.temperature"] for i in range(2)] == ["1.0", "4.0"]


def test_a_tool_that_fails_meanwhile_is_said_once_and_the_run_goes_on(tool: FakeMlflow) -> None:
    tool.calls_left = 3
    with pytest.warns(UserWarning, match=r"MLflow does not take this run's log.*the server is gone") as said:
        result = kdcore.distill(on_event=kdcore.MLflowLog(), **SHORT)
    assert result.run.status == "finished"
    assert len([one for one in said if "does not take" in str(one.message)]) == 1


@pytest.mark.parametrize(("name", "log"), [("mlflow", "MLflowLog"), ("wandb", "WandbLog")])
def test_a_tool_that_is_not_installed_is_said_before_anything_trains(
    name: str, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]
    with pytest.raises(kdcore.StillroomError, match=rf"pip install {name}"):
        getattr(kdcore, log)()


class FakeWandb:
    """What WandbLog calls of wandb; it is its run too."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.history: list[dict[str, float]] = []
        self.ended: list[int] = []
        self.began: dict[str, Any] = {}

    def init(self, config: dict[str, Any], **where: Any) -> FakeWandb:
        self.config, self.began = config, where
        return self

    def define_metric(self, name: str, step_metric: str) -> None:
        assert (name, step_metric) == ("*", "step")

    def log(self, values: dict[str, float]) -> None:
        self.history.append(values)

    def finish(self, exit_code: int) -> None:
        self.ended.append(exit_code)


def test_weights_and_biases_gets_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)  # type: ignore[arg-type]
    result = kdcore.distill(on_event=kdcore.WandbLog("digits", mode="offline"), **SHORT)
    assert (fake.began["project"], fake.began["mode"]) == ("digits", "offline")
    assert fake.config["run"] == result.run.id
    assert fake.summary["student/test_errors"] == result.errors["student"]
    assert (fake.summary["status"], fake.ended) == ("finished", [0])
    assert {"step", "student/val_errors"} <= {name for one in fake.history for name in one}


def test_events_before_a_beginning_are_left(tool: FakeMlflow) -> None:
    log = kdcore.MLflowLog()
    log.end()
    assert isinstance(log, EventLog)
    assert tool.status == []
