"""`make bench`: the ratios that the README claims, measured side by side in one run on this machine.

Exits 1 where a bound does not hold. Run it while nothing else does.
"""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

Rows = Iterator[tuple[str, float, str]]
BOUNDS = {">=": operator.ge, "<=": operator.le}


def main() -> int:
    """Run the parts named on the command line, or all; print each ratio beside its bound."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from tests import real_data

    with TemporaryDirectory() as folder:
        real_data.gather(Path(folder), real_data.places())
        held = list(measured(Path(folder), sys.argv[1:]))
    print(f"{sum(held)} of {len(held)} bounds hold")
    return 0 if all(held) else 1


def measured(data_folder: Path, wanted: Sequence[str]) -> Iterator[bool]:
    """Measure the parts of these names, all where none is named; whether each bound holds."""
    from bench import dark_knowledge, history, nodes, screen, soft, steps, sweeping, training

    parts: dict[str, Callable[[Path], Rows]] = {
        "stock": training.against_stock,
        "bare": training.against_bare,
        "two": training.two_at_once,
        "sweep": sweeping.against_one_after_another,
        "steps": steps.against_floor,
        "start": screen.press_to_point,
        "widgets": screen.widget_answers,
        "soft": soft.first_screen,
        "views": dark_knowledge.views,
        "history": history.pages,
        "nodes": nodes.two_against_one,
    }
    for name in wanted or parts:
        print(f"{name}:", flush=True)
        for claim, value, bound in parts[name](data_folder):
            sign, limit = bound.split()
            held = BOUNDS[sign](value, float(limit))
            print(f"  {'ok  ' if held else 'MISS'} {claim}: {value:.2f} (bound {bound})", flush=True)
            yield held


if __name__ == "__main__":
    sys.exit(main())
