"""What the record of a run says of how its networks learned, read once for all who look at its results."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.data import run_manager
from kdcore.runs.run_record import Run
from kdcore.studies import run_explanation
from kdcore.studies.run_explanation import TrainingFacts

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager


def training_facts(run: Run) -> TrainingFacts:
    """Of a run that has ended."""
    return _training_facts(run_manager.manager(), run.id, run.seq)


@lru_cache(maxsize=64)
def _training_facts(runs: Manager, run_id: str, seq: int) -> TrainingFacts:
    experiment = runs.run(run_id).experiment
    return run_explanation.training_facts(experiment, runs.curves(run_id), runs.events(run_id))
