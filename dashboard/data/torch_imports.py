"""The modules that need torch, imported once in the background while the server starts."""

from __future__ import annotations

import gc
import importlib
import sys
from threading import Event, Thread

from kdcore import plugins

BEHIND_TORCH = ("kdcore.networks", "kdcore.methods.registry", "kdcore.methods.stages", "kdcore.methods.source", "kdcore.pipelines.experiment_pipeline", "kdcore.pipelines.cohort_pipeline", "kdcore.pipelines.time_estimate", "kdcore.metrics.dark_knowledge", "scipy.cluster.hierarchy", "scipy.optimize", "scipy.stats", "sklearn.metrics")  # fmt: skip
_imported = Event()


def warm_up() -> Thread:
    """Import what needs torch, in the background; then freeze the heap, so that a collection does not walk through torch."""
    thread = Thread(target=_import, name="imports", daemon=True)
    thread.start()
    return thread


def _import() -> None:
    gc.disable()  # a collection of all that is imported holds everybody up for a quarter of a second
    try:
        _import_all()
    finally:
        gc.freeze()
        gc.enable()
    _imported.set()


def _import_all() -> None:
    for name in BEHIND_TORCH:
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)  # the processors are the workers'
    # The first list of methods imports them all; the first description of a network takes most of a second.
    importlib.import_module("kdcore.methods.registry").methods()
    importlib.import_module("kdcore.faults.registry").faults()
    importlib.import_module("kdcore.networks").describe("mlp-30", (1, 28, 28), 10)
    importlib.import_module("kdcore.networks").plugged()
    importlib.import_module("kdcore.export").format_modules()
    importlib.import_module("PIL.Image").init()  # the first picture looks for the modules of all formats
    for problem in plugins.problems():
        print(problem, file=sys.stderr, flush=True)


def warm() -> bool:
    """Whether the modules that need torch are imported."""
    return _imported.is_set()
