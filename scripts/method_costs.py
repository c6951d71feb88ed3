"""What each method's own loss costs, measured into assets/method_costs.json: `python -m scripts.method_costs`.

A few seconds of one thread per method, while nothing else runs. The estimates of a run's time begin with these, until this
machine has trained the method.
"""

from __future__ import annotations

import json
import statistics
import sys

from kdcore.methods.registry import methods
from kdcore.pipelines import method_cost, time_estimate

TIMES = 3
"""Measurements of each method, of which the median is kept."""


def main() -> int:
    """Measure every method on perceptrons and on convolutions, and write the file."""
    speed = time_estimate.measure()
    costs = {
        time_estimate.cost_key(name, family): round(
            statistics.median(method_cost.measure(name, family, speed) for _ in range(TIMES)), 2
        )
        for name in methods()
        for family in method_cost.NETWORKS
    }
    text = json.dumps(costs, indent=1, sort_keys=True)
    time_estimate.SHIPPED_COSTS.write_text(f"{text}\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
