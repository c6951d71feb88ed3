"""How near the estimate of a run's time is to what it takes, for every method whose cost an earlier run has shown.

On a perceptron and on a small CNN; the earlier run is much shorter. No process is started: that part of the estimate is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from kdcore.data import catalogue
from kdcore.errors import StillroomError
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines import checks, method_cost, time_estimate
from scripts.method_costs import FAMILIES, results_of

TIMES_AS_LONG = {"linear": 10, "convolution": 3}
"""As the earlier run. A perceptron learns a few digits in a tenth of a second, which says little."""


def against_runs(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The worst ratio between estimate and run, either way, for each kind of student."""
    speed = time_estimate.measure()
    for family, base in FAMILIES.items():
        ratios = {}
        for name in methods():
            try:
                ratios[name] = _ratio(base.with_flat(method=name), TIMES_AS_LONG[family], data_folder, speed)
            except StillroomError as refused:
                print(f"  {name}, {family}: {refused}")
        for name, ratio in sorted(ratios.items(), key=lambda one: one[1]):
            print(f"  {name}, {family}: estimated {ratio:.2f} of what it took")
        worst = max(max(ratio, 1 / ratio) for ratio in ratios.values())
        yield f"the estimate against a run, the worst of {len(ratios)} methods, {family}", worst, "<= 1.5"


def _ratio(experiment: Experiment, times: int, data_folder: Path, speed: Mapping[str, float]) -> float:
    runs_folder = data_folder / "runs" / f"{experiment.method} {experiment.student}"
    earlier = results_of(experiment, data_folder, runs_folder)
    cost = method_cost.observed(experiment, earlier, speed)
    student = earlier["student"]["network"]
    costs = {} if cost is None else {time_estimate.cost_key(experiment.method, student): cost}
    long = experiment.with_flat(epochs=times * experiment.recipe.epochs)
    began = time.perf_counter()
    results_of(long, data_folder, runs_folder)
    took = time.perf_counter() - began
    return (_estimate(long, data_folder, speed, costs) - time_estimate.START_SECONDS) / took


def _estimate(
    experiment: Experiment, data_folder: Path, speed: Mapping[str, float], costs: Mapping[str, float]
) -> float:
    checked = checks.check(experiment, data_folder=data_folder, runs_folder=data_folder)
    return time_estimate.seconds(
        experiment,
        speed,
        stages=checked.stages,
        shape=checked.shape,
        classes=checked.classes,
        images=catalogue.entry(experiment.dataset, data_folder).images or 0,
        teacher_network=checked.teacher_network,
        teacher_is_trained=checked.teacher_card is not None,
        answers_are_kept=True,
        costs=costs,
    )
