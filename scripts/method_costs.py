"""What each method costs beside its networks, observed on short runs, into assets/method_costs.json: `python -m scripts.method_costs`.

A few minutes on one machine, while nothing else runs; the convolutional runs look for MNIST as the tests do. The
estimates of a run's time begin with these, until this machine has trained the method.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kdcore.errors import StillroomError
from kdcore.events import Finished, NoCommands
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines import experiment_pipeline, method_cost, time_estimate
from kdcore.studies.presets import preset
from tests import real_data

FAMILIES = {
    "linear": preset("digits-100").experiment.with_flat(epochs=200),
    "convolution": Experiment.from_flat(
        {
            "dataset": "mnist",
            "teacher": "mnist-cnn-medium",
            "student": "cnn-small",
            "count": 2000,
            "epochs": 2,
        }
    ),
}
"""A run for each kind of student."""


def main() -> int:
    """Observe every method on a perceptron and on a small CNN, and write the file; returns the exit code."""
    costs = {}
    with TemporaryDirectory() as folder:
        data_folder = Path(folder)
        if missing := real_data.gather(data_folder, real_data.places()):
            print(f"No images of {', '.join(missing)}: set STILLROOM_DATA.", file=sys.stderr)
            return 2
        speed = time_estimate.measure()
        for name in methods():
            for family, base in FAMILIES.items():
                key = time_estimate.cost_key(name, family)
                cost = observed(base.with_flat(method=name), data_folder, data_folder / "runs", speed)
                costs[key] = round(cost or 1.0, 2)
                print(f"{key}: {costs[key]}", flush=True)
    text = json.dumps(costs, indent=1, sort_keys=True)
    time_estimate.SHIPPED_COSTS.write_text(f"{text}\n", encoding="utf-8")
    return 0


def observed(
    experiment: Experiment, data_folder: Path, runs_folder: Path, speed: Mapping[str, float]
) -> float | None:
    """What the experiment's method costs, from a run of it; None where the method refuses these networks."""
    try:
        return method_cost.observed(experiment, results_of(experiment, data_folder, runs_folder), speed)
    except StillroomError:
        return None


def results_of(experiment: Experiment, data_folder: Path, runs_folder: Path) -> dict[str, Any]:
    """Train it; its results.

    Raises:
        StillroomError: it is refused.
    """
    events = experiment_pipeline.run(
        experiment, data_folder=data_folder, runs_folder=runs_folder, commands=NoCommands()
    )
    return next(dict(event.results) for event in events if isinstance(event, Finished))


if __name__ == "__main__":
    sys.exit(main())
