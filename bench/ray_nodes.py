"""What a second machine brings: a sweep's runs per minute on two Ray nodes of one processor each, against one node."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from kdcore.errors import OutOfResources
from kdcore.experiment import Experiment
from kdcore.runs.manager import Manager
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import queue_missing
from tests.kdcore.runs.clusters import running

SIZES = tuple(f"mlp-{size}" for size in range(24, 40, 2))
"""Students of different sizes cannot share a loop: each trains in a run of its own."""
EPOCHS = 400
OWNER = "bench"
PATIENCE = 600.0


def two_against_one(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The same sweep on one node, then on two; each node has trained a run before, so that its process is warm."""
    with TemporaryDirectory() as folder, running(data_folder, 1) as cluster:
        with patch.dict(os.environ, {"STILLROOM_ENGINE": "ray", "RAY_ADDRESS": cluster.address}):
            manager = Manager(Path(folder))
        try:
            one = _runs_a_minute(manager, nodes=1)
            cluster.wanted = 2
            cluster.mend()
            two = _runs_a_minute(manager, nodes=2)
        finally:
            manager.close()
    print(f"  runs per minute: {one:.1f} on one node, {two:.1f} on two")
    yield "runs per minute of a sweep, two Ray nodes of one processor against one", two / one, ">= 1.7"


def _runs_a_minute(manager: Manager, nodes: int) -> float:
    give_up = time.monotonic() + PATIENCE
    while _processors(manager) < nodes:
        assert time.monotonic() < give_up, "the nodes do not come"
        time.sleep(0.1)
    _train(manager, ("mlp-20", "mlp-22"), epochs=5, nodes=nodes)
    return 60 * len(SIZES) / _train(manager, SIZES, epochs=EPOCHS, nodes=nodes)


def _processors(manager: Manager) -> int:
    try:
        return manager.slots
    except OutOfResources:  # not yet connected
        return 0


def _train(manager: Manager, sizes: tuple[str, ...], epochs: int, nodes: int) -> float:
    """Seconds for a sweep over these students; `nodes` seeds its split, so that each measurement trains anew."""
    base = Experiment().with_flat(epochs=epochs, threads=1, split_seed=nodes)
    sweep = Sweep(base=base, vary={"student": sizes, "temperature": (2.0, 8.0)}, seeds=1)
    began = time.monotonic()
    queue_missing(sweep, manager.store, OWNER)
    runs = [run for run in manager.runs() if run.sweep == sweep.hash]
    assert len(runs) == len(sizes)
    for run in runs:
        while (now := manager.store.run(run.id)).status != "finished":
            assert not now.error, now.error
            assert time.monotonic() - began < PATIENCE, "the sweep takes too long"
            time.sleep(0.1)
    return time.monotonic() - began
