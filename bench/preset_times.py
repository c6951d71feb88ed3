"""How long each preset takes the first time, in an empty runs folder, against what `presets` lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kdcore.errors import DataUnavailable
from kdcore.studies.presets import PRESETS, Preset
from scripts.method_costs import results_of

ALLOWED = 1.5
"""Times the seconds that are listed. Machines differ; the page estimates the time on its own."""


def first_times(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Seconds of each preset's run, its data set read or drawn once before."""
    for preset in PRESETS:
        try:
            results_of(preset.experiment.with_flat(epochs=1), data_folder, data_folder / "warm up")
        except DataUnavailable as missing:
            print(f"  {preset.name}: {missing}")
            continue
        yield (
            f"preset {preset.name}, seconds",
            _seconds(preset, data_folder),
            f"<= {ALLOWED * preset.seconds:g}",
        )


def _seconds(preset: Preset, data_folder: Path) -> float:
    with TemporaryDirectory(dir=data_folder) as runs_folder:
        began = time.perf_counter()
        results_of(preset.experiment, data_folder, Path(runs_folder))
        return time.perf_counter() - began
