"""The modules that need torch, imported once in the background while the server starts."""

from __future__ import annotations

import gc
import importlib
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from dashboard.data import network_choices

BEHIND_TORCH = ("kdcore.networks", "kdcore.methods.stages", "kdcore.methods.source", "kdcore.pipelines.experiment_pipeline", "kdcore.pipelines.cohort_pipeline", "kdcore.pipelines.time_estimate", "kdcore.metrics.dark_knowledge", "scipy.cluster.hierarchy", "scipy.optimize", "scipy.stats", "sklearn.metrics")  # fmt: skip


_imported = Event()


def warm_up() -> Thread:
    """Import what needs torch, in the background; then freeze the heap, so that a collection does not walk through torch."""
    thread = Thread(target=_import, name="imports", daemon=True)
    thread.start()
    return thread


def _import() -> None:
    for name in BEHIND_TORCH:
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)  # the processors are the workers'
    network_choices.described(
        network_choices.DEFAULT_STUDENT, (1, 28, 28), 10
    )  # the first description takes most of a second
    gc.collect()
    gc.freeze()
    _imported.set()


def warm() -> bool:
    """Whether the modules behind torch are there."""
    return _imported.is_set()
