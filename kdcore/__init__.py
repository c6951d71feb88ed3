"""Knowledge distillation as a library: experiments, methods, a training loop that yields events, and runs.

What a program calls is here: `distill`, `sweep`, `soft_targets`, `images`, `result`, `own_method`. Each is imported when it is first asked
for: torch with it, which takes its time. docs/python.md.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdcore.api.distil import Given, distill, result
    from kdcore.api.given_methods import own_method
    from kdcore.api.mlflow_log import MLflowLog
    from kdcore.api.result import Result
    from kdcore.api.soft_target_answers import images, soft_targets, trained
    from kdcore.api.sweeping import SweepResult, sweep
    from kdcore.api.wandb_log import WandbLog
    from kdcore.errors import StillroomError
    from kdcore.experiment import Experiment

__version__ = "0.1.0"

__all__ = [
    "Experiment",
    "Given",
    "MLflowLog",
    "Result",
    "StillroomError",
    "SweepResult",
    "WandbLog",
    "distill",
    "images",
    "own_method",
    "result",
    "soft_targets",
    "sweep",
    "trained",
]

_PLACES = {
    "Experiment": "experiment",
    "Given": "api.distil",
    "MLflowLog": "api.mlflow_log",
    "Result": "api.result",
    "StillroomError": "errors",
    "SweepResult": "api.sweeping",
    "WandbLog": "api.wandb_log",
    "distill": "api.distil",
    "images": "api.soft_target_answers",
    "own_method": "api.given_methods",
    "result": "api.distil",
    "soft_targets": "api.soft_target_answers",
    "sweep": "api.sweeping",
    "trained": "api.soft_target_answers",
}
"""The file of each, below this folder."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
