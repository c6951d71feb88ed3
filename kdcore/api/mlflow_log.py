"""Runs in MLflow: `kdcore.distill(on_event=kdcore.MLflowLog())`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kdcore.api.event_log import Ending, EventLog
from kdcore.errors import BrokenInstallation

STATUS: dict[Ending, str] = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
AT_ONCE = 100
"""Settings that MLflow takes in one call."""


class MLflowLog(EventLog):
    """Logs runs in MLflow: a parameter a setting, a metric a curve, named after its network: `student/val_errors`.

    tracking: the address of a server, or a store such as sqlite:///mlflow.db; MLflow's own choice where empty.
    experiment: in which the runs are listed; made where there is none.

    Raises:
        BrokenInstallation: MLflow is not installed.
    """

    tool = "MLflow"

    def __init__(self, tracking: str = "", experiment: str = "stillroom") -> None:
        super().__init__()
        try:
            import mlflow
        except ImportError as error:
            raise BrokenInstallation(
                "MLflow is not installed. Install it beside Stillroom: pip install mlflow."
            ) from error
        self._mlflow: Any = mlflow
        self._tracking, self._experiment = tracking or None, experiment
        self._client: Any = None
        self.run_id = ""

    def _begin(self, name: str, settings: Mapping[str, Any]) -> None:
        self._client = self._mlflow.MlflowClient(tracking_uri=self._tracking)
        known = self._client.get_experiment_by_name(self._experiment)
        experiment = known.experiment_id if known else self._client.create_experiment(self._experiment)
        self.run_id = self._client.create_run(experiment, run_name=name).info.run_id
        self._set(settings)

    def _set(self, settings: Mapping[str, Any]) -> None:
        parameters = [self._mlflow.entities.Param(name, str(value)) for name, value in settings.items()]
        for first in range(0, len(parameters), AT_ONCE):
            self._client.log_batch(self.run_id, params=parameters[first : first + AT_ONCE])

    def _measure(self, values: Mapping[str, float], step: int | None) -> None:
        now = int(time.time() * 1000)
        metric = self._mlflow.entities.Metric
        self._client.log_batch(
            self.run_id, metrics=[metric(name, value, now, step or 0) for name, value in values.items()]
        )

    def _end(self, ending: Ending) -> None:
        self._client.set_terminated(self.run_id, STATUS[ending])
