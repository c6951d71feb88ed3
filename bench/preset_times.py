"""How long each preset takes the first time, in an empty runs folder: pressed at once, against what `presets` lists, and pressed
after its recipe was looked at for so long that everything was prefetched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kdcore.errors import DataUnavailable
from kdcore.pipelines import prefetched_images
from kdcore.pipelines.prefetch import prefetch
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
        at_once = _seconds(preset, data_folder, looked_at=False)
        yield f"preset {preset.name}, seconds", at_once, f"<= {ALLOWED * preset.seconds:g}"
        looked_at = _seconds(preset, data_folder, looked_at=True)
        yield f"preset {preset.name}, looked at before, seconds", looked_at, f"<= {ALLOWED * at_once:.1f}"


def _seconds(preset: Preset, data_folder: Path, *, looked_at: bool) -> float:
    prefetched_images.forget()
    with TemporaryDirectory(dir=data_folder) as folder:
        if looked_at:
            prefetch(
                preset.experiment, data_folder=data_folder, runs_folder=Path(folder), run_has_come=_never
            )
        began = time.perf_counter()
        results_of(preset.experiment, data_folder, Path(folder))
        return time.perf_counter() - began


def _never() -> bool:
    return False
