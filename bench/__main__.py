"""`make bench`: the ratios that docs/performance.md reports, measured side by side in one run on this machine.

`make bench PARTS="stock bare"` measures these parts only. Exit code 1: a bound does not hold. 2: there is no such part.
Run it while nothing else does.
"""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

Part = Callable[[Path], Iterator[tuple[str, float, str]]]
"""From the data folder to (what is claimed, the value measured, its bound)."""

BOUNDS = {">=": operator.ge, "<=": operator.le}


def main(names: Sequence[str]) -> int:
    """Measure the parts of these names, all where none is named; print each ratio beside its bound."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from tests import real_data
    from tests.memory_with_room import memory_with_room

    known = parts()
    if unknown := [name for name in names if name not in known]:
        print(f"There is no part {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    # Sixty thousand pictures on a disk keep it busy for a minute after they were written, and each run's record waits for it.
    with TemporaryDirectory(dir=memory_with_room()) as folder:
        real_data.gather(Path(folder), real_data.places())
        held = list(measured({name: known[name] for name in names or known}, Path(folder)))
    print(f"{sum(held)} of {len(held)} bounds hold")
    return 0 if all(held) else 1


def parts() -> dict[str, Part]:
    """Every part by its name, in the order in which they are measured."""
    from bench import (
        class_hour,
        convolutional_speed,
        dark_knowledge,
        first_screen,
        languages,
        method_steps,
        preset_times,
        ray_nodes,
        runs_page,
        stream_watchers,
        sweep,
        time_estimates,
        train_page,
        training_speed,
    )

    return {
        "stock": training_speed.against_stock,
        "ready": convolutional_speed.against_stock,
        "bare": training_speed.against_bare,
        "two": training_speed.two_at_once,
        "sweep": sweep.against_one_after_another,
        "steps": method_steps.against_floor,
        "estimates": time_estimates.against_runs,
        "presets": preset_times.first_times,
        "start": train_page.press_to_point,
        "widgets": train_page.widget_answers,
        "class": class_hour.voting_class,
        "watch": stream_watchers.watched_points,
        "soft": first_screen.opening_and_drag,
        "views": dark_knowledge.views,
        "history": runs_page.rows_and_filters,
        "languages": languages.against_english,
        "nodes": ray_nodes.two_against_one,
    }


def measured(wanted: dict[str, Part], data_folder: Path) -> Iterator[bool]:
    """Measure these parts in turn; whether each bound holds."""
    for name, part in wanted.items():
        print(f"{name}:", flush=True)
        for claim, value, bound in part(data_folder):
            sign, limit = bound.split()
            held = BOUNDS[sign](value, float(limit))
            print(f"  {'ok  ' if held else 'MISS'} {claim}: {value:.2f} (bound {bound})", flush=True)
            yield held


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
