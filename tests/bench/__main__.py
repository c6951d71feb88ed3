"""`make bench`: the ratios that the README claims, measured side by side in one run on this machine.

Exits 1 where a bound does not hold. Run it while nothing else does.
"""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Rows = Iterator[tuple[str, float, str]]
BOUNDS = {">=": operator.ge, "<=": operator.le}


def main() -> int:
    """Run the parts named on the command line, or all; print each ratio beside its bound."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from tests.bench import screen, training
    from tests.real_data import data_folder

    folder = data_folder()
    parts: dict[str, Callable[[Path], Rows]] = {
        "stock": training.against_stock,
        "bare": training.against_bare,
        "two": training.two_at_once,
        "start": screen.press_to_point,
        "widgets": screen.widget_answers,
    }
    wanted = sys.argv[1:] or list(parts)
    held = []
    for name in wanted:
        print(f"{name}:", flush=True)
        for claim, value, bound in parts[name](folder):
            sign, limit = bound.split()
            held.append(BOUNDS[sign](value, float(limit)))
            print(f"  {'ok  ' if held[-1] else 'MISS'} {claim}: {value:.2f} (bound {bound})", flush=True)
    print(f"{sum(held)} of {len(held)} bounds hold")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
