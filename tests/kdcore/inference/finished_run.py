"""A finished run on the digits for the tests of what networks know, trained in about two seconds."""

from __future__ import annotations

from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store

CHOICES = {
    "teacher": "mlp-30",
    "teacher_epochs": 3,
    "student": "mlp-10",
    "epochs": 2,
    "count": 150,
    "omit": (8,),
}


def finished_run(runs_folder: Path, data_folder: Path, **flat: object) -> Run:
    """A run with a teacher of its own, kept by its hash; its students never saw an 8."""
    store = Store(runs_folder)
    run = store.create(Experiment().with_flat(**{**CHOICES, **flat}), "somebody", status="running")
    done = train_run(store, run.id, data_folder=data_folder)
    store.close()
    assert done.status == "finished", done.error
    return done
