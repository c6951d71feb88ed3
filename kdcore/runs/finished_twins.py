"""The twins of finished runs, found again by what was trained: `kdcore.pipelines.find_or_train_twin` asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcore.events import TwinFound
from kdcore.pipelines.baseline_twin import TWIN
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

if TYPE_CHECKING:
    from kdcore.pipelines.find_or_train_twin import FoundTwin
    from kdcore.training.members import State


def find_twin(store: Store, run_id: str, training_hash: str, *, search: bool) -> FoundTwin | None:
    """The twin that a run is to take over; None where there is none.

    It is the one that the run has taken over already, else, where `search` allows it, the one of a finished run during
    which nothing was changed.
    """
    from kdcore.pipelines.find_or_train_twin import FoundTwin

    if taken := [event.payload["run"] for event in store.events(run_id) if event.kind == TwinFound.__name__]:
        weights = _weights(store, run_id)
        return None if weights is None else FoundTwin(taken[-1], weights)
    for run in store.unchanged_finished_with(training_hash) if search else []:
        if _trained_it(run, training_hash) and (weights := _weights(store, run.id)) is not None:
            return FoundTwin(run.id, weights)
    return None


def _weights(store: Store, run_id: str) -> State | None:
    """The twin's weights in the run's folder; None where they are gone or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(store.run_folder(run_id) / f"{TWIN}.safetensors")
    except (OSError, SafetensorError):
        return None


def _trained_it(run: Run, training_hash: str) -> bool:
    """Whether the run trained this twin itself: the record of one that took it over holds copies."""
    return run.results.get("twin_hash") == training_hash and "twin_run" not in run.results
