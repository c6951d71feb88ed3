"""What each method's own loss costs, measured into assets/method_costs.json: `python -m scripts.method_costs`.

A few seconds of one thread per method, while nothing else runs. The estimates of a run's time begin with these, until this
machine has trained the method.
"""

from __future__ import annotations

import json
import sys

from kdcore.methods.registry import methods
from kdcore.pipelines import method_cost, time_estimate


def main() -> int:
    """Measure every method on perceptrons and on convolutions, and write the file."""
    speed = time_estimate.measure()
    costs = {
        time_estimate.cost_key(name, family): round(method_cost.measure(name, family, speed), 2)
        for name in methods()
        for family in method_cost.NETWORKS
    }
    text = json.dumps(costs, indent=1, sort_keys=True)
    time_estimate.SHIPPED_COSTS.write_text(f"{text}\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
