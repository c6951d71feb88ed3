"""Whether the networks of a phase learn side by side, one thread each: measured once on a machine, then looked up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from kdcore import networks
from kdcore.networks.table import is_named_by_size
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.measured_once import FOLDER, measured_once
from kdcore.plan import Stage
from kdcore.system.precision import Precision
from kdcore.training.side_by_side_benchmark import side_by_side_pays

MEASURED = Path(FOLDER, "lanes.json")
"""Below the runs folder."""


def choose_lanes(
    checked: CheckedExperiment,
    stages: Sequence[Stage],
    threads: int,
    precision: Precision,
    runs_folder: Path,
) -> int:
    """How many students and twins learn at once in these stages: as many as there are threads where that pays, else 1.

    With more than one lane each trains on one thread, also a student whose twin was found: its weights are the same
    either way. precision: of a step on one thread.
    """
    name = max(sorted({name for stage in stages for name in stage.learns.values()}), key=checked.macs)
    if not _can(checked, stages, name):
        return 1
    images = checked.experiment.recipe.batch_size
    question = [name, checked.shape, checked.classes, images, threads, precision, torch.__version__]
    measure = partial(_measure, checked, name, images, precision, threads)
    return threads if measured_once(runs_folder / MEASURED, question, measure) else 1


def _can(checked: CheckedExperiment, stages: Sequence[Stage], name: str) -> bool:
    """Not where the user chose the threads, nor where networks share random numbers, a graph or a mode while they learn.

    A perceptron's products fill all cores by themselves.
    """
    experiment = checked.experiment
    return not (
        experiment.threads
        or checked.device != "cpu"
        or is_named_by_size(name)
        or experiment.recipe.smoothness
        or any(stage.without_images for stage in stages)
        or networks.uses_dropout(networks.build(name, checked.shape, checked.classes, seed=0))
    )


def _measure(checked: CheckedExperiment, name: str, images: int, precision: Precision, lanes: int) -> bool:
    pair = [
        networks.placed(networks.build(name, checked.shape, checked.classes, seed), name, checked.device)
        for seed in range(2)
    ]
    return side_by_side_pays(pair, torch.zeros(images, *checked.shape), precision, lanes)
