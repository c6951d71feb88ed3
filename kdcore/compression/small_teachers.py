"""A run's teacher made small in other ways than by a student: the test figures that presets claim something of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdcore.compression import kept_comparison
from kdcore.compression.size_comparison import INT8, PRUNED, compare_sizes
from kdcore.compression.small_network import SmallNetwork
from kdcore.export import recorded_run
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

WAYS: Mapping[str, str] = {"int8": INT8, "pruned": PRUNED}
"""How claims call what a comparison of sizes did to the teacher."""


def small_teachers(
    store: Store, data_folder: Path, run: Run, *, again: bool = False
) -> dict[str, dict[str, Any]]:
    """Measure the run's teacher in int8 and pruned, or find what was measured before, which is kept with the run.

    Raises:
        RunRefused: the run cannot be compared in size.
        DataUnavailable: its images are gone.
    """
    folder = store.run_folder(run.id)
    rows = [] if again else kept_comparison.kept(folder)
    if not rows:
        measured = compare_sizes(recorded_run.read(store, run.id), data_folder)
        rows = [one for one in measured if isinstance(one, SmallNetwork)]
        kept_comparison.keep(folder, rows)
    of_teacher = {one.how: one for one in rows if one.role == "teacher"}
    return {
        name: {"test_errors": one.errors, "test_images": one.images, "test_nll": one.nll}
        for name, how in WAYS.items()
        if (one := of_teacher.get(how)) is not None
    }
