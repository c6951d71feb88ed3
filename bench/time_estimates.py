"""How near the estimate of a run's time is to what it takes, for every method, on a perceptron and on a small CNN."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kdcore.data import datasets
from kdcore.errors import StillroomError
from kdcore.events import NoCommands
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines import checks, experiment_pipeline, method_cost, time_estimate
from kdcore.studies.presets import preset

SECONDS = 4.0
"""About how long each run is to take."""
FAMILIES = {
    "linear": preset("digits-100").experiment,
    "convolution": Experiment.from_flat(
        {"dataset": "digits", "teacher": "cnn-small", "student": "cnn-tiny", "teacher_epochs": 1}
    ),
}


def against_runs(_data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The worst ratio between estimate and run, either way, for each kind of network; the start of a process left out."""
    speed = time_estimate.measure()
    for family, base in FAMILIES.items():
        ratios = {}
        for name in methods():
            costs = {
                time_estimate.cost_key(name, kind): method_cost.measure(name, kind, speed)
                for kind in method_cost.NETWORKS
            }
            try:
                ratios[name] = _ratio(base.with_flat(method=name), speed, costs)
            except StillroomError as refused:
                print(f"  {name}, {family}: {refused}")
        for name, ratio in sorted(ratios.items(), key=lambda one: one[1]):
            print(f"  {name}, {family}: estimated {ratio:.2f} of what it took")
        worst = max(max(ratio, 1 / ratio) for ratio in ratios.values())
        yield f"the estimate against a run, the worst of {len(ratios)} methods, {family}", worst, "<= 1.5"


def _ratio(base: Experiment, speed: dict[str, float], costs: dict[str, float]) -> float:
    """The estimate over what a run of about SECONDS takes."""
    two, one = (_estimate(base.with_flat(epochs=n), speed, costs) for n in (20, 10))
    before, each = 2 * one - two, (two - one) / 10
    epochs = min(2000, max(3, round((SECONDS - before) / each)))
    long = base.with_flat(epochs=epochs)
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        for _event in experiment_pipeline.run(
            long, data_folder=Path(folder), runs_folder=Path(folder), commands=NoCommands()
        ):
            pass
        took = time.perf_counter() - began
    return _estimate(long, speed, costs) / took


def _estimate(experiment: Experiment, speed: dict[str, float], costs: dict[str, float]) -> float:
    digits = datasets.load("digits", folder=Path())
    network = "mlp-300" if experiment.teacher == "digits-mlp-300" else experiment.teacher
    stages = checks.stages_for(experiment, network, digits.shape, 10)
    seconds = time_estimate.seconds(
        experiment,
        speed,
        stages=stages,
        shape=digits.shape,
        classes=10,
        images=len(digits.train.labels),
        teacher_network=network,
        teacher_is_trained=network != experiment.teacher,
        costs=costs,
    )
    return seconds - time_estimate.FIXED_SECONDS
