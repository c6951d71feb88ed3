"""Runs in Weights & Biases: `kdcore.distill(on_event=kdcore.WandbLog(mode="offline"))`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kdcore.api.event_log import Ending, EventLog
from kdcore.errors import BrokenInstallation

STEP = "step"
EXIT_CODES: dict[Ending, int] = {"finished": 0, "stopped": 0, "failed": 1}


class WandbLog(EventLog):
    """Logs runs in Weights & Biases: the settings as its config, the curves by network, the test figures as its summary.

    project: in which the runs are listed. mode: online, offline (files that `wandb sync` sends later) or disabled; its own choice
        where None. folder: in which offline runs are kept; the folder of the moment where empty.

    Raises:
        BrokenInstallation: wandb is not installed.
    """

    tool = "Weights & Biases"

    def __init__(
        self,
        project: str = "stillroom",
        mode: Literal["online", "offline", "disabled"] | None = None,
        folder: str = "",
    ) -> None:
        super().__init__()
        try:
            import wandb
        except ImportError as error:
            raise BrokenInstallation(
                "Weights & Biases is not installed. Install it beside Stillroom: pip install wandb."
            ) from error
        self._wandb: Any = wandb
        self._where = {"project": project, "mode": mode, "dir": folder or None}
        self._run: Any = None

    def _begin(self, name: str, settings: Mapping[str, Any]) -> None:
        self._run = self._wandb.init(name=name, config=dict(settings), reinit="create_new", **self._where)
        # Each network counts its own steps: the tool's counter would refuse those that begin anew.
        self._run.define_metric("*", step_metric=STEP)

    def _set(self, settings: Mapping[str, Any]) -> None:
        self._run.config.update(dict(settings), allow_val_change=True)

    def _measure(self, values: Mapping[str, float], step: int | None) -> None:
        if step is None:
            self._run.summary.update(dict(values))
        else:
            self._run.log({STEP: step, **values})

    def _end(self, ending: Ending) -> None:
        self._run.summary["status"] = ending
        self._run.finish(exit_code=EXIT_CODES[ending])
