"""A small sweep, its training in this process, and settings with made-up figures."""

from __future__ import annotations

from typing import Any

from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_findings import SettingErrors
from kdcore.studies.sweep_training import (
    train_missing,
)

BASE = Experiment.from_flat({"count": 60, "epochs": 6, "student": "mlp-10"})
SWEEP = Sweep(base=BASE, vary={"temperature": (1.0, 4.0, 8.0)}, seeds=2)


def train(sweep: Sweep, store: Store, **given: Any) -> list[Any]:
    return list(train_missing(sweep, store, data_folder=store.folder / "data", **given))


def tried(
    temperature: float,
    errors: tuple[int, ...],
    validation: int = 10,
    twin: tuple[int, ...] = (),
    nll: tuple[float, ...] = (),
    twin_nll: tuple[float, ...] = (),
) -> SettingErrors:
    """A temperature's figures by seed; by itself its twin errs about twenty times more often."""
    alone = twin or tuple(e + 20 + i for i, e in enumerate(errors))
    return SettingErrors(
        {"temperature": temperature}, errors, (validation,) * len(errors), alone, 360, nll, twin_nll
    )


class Died(BaseException):
    """The process is gone, as far as the code under test can tell."""
