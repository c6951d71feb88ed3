"""In which precision and on how many threads a phase trains: chosen when it begins, measured once on a machine, kept on resume."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from kdcore import networks
from kdcore.events import Checkpoint
from kdcore.experiment import gains_nothing
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.lanes_choice import choose_lanes
from kdcore.pipelines.measured_once import FOLDER, measured_once
from kdcore.plan import Stage
from kdcore.system.precision import Precision, precision_before_the_field, processor_has_bfloat16
from kdcore.system.threads import on_threads
from kdcore.training.precision_benchmark import bfloat16_pays

MEASURED = Path(FOLDER, "precision.json")
"""Below the runs folder."""

SMALL_NETWORK_MACS = 400_000
"""Multiply-adds an image below which a network stays in float32 unmeasured."""

MEASURED_IMAGES = 32
"""Images in a measured step, at most."""


@dataclass(frozen=True)
class Arithmetic:
    """How a phase computes. The last bits of its results depend on it, so a resumed run keeps what it began with.

    Attributes:
        threads: of the processor.
        precision: of the products in a training step.
        lanes: networks that learn at once, each on `threads`.
    """

    threads: int
    precision: Precision
    lanes: int = 1


def choose_arithmetic(
    checked: CheckedExperiment,
    names: Collection[str],
    runs_folder: Path,
    resume: Checkpoint | None,
    together: Sequence[Stage] = (),
) -> Arithmetic:
    """What the experiment asks for, or what suits the largest of these networks; from a checkpoint what it was there.

    together: the stages of students and twins that learn at once, which may do so side by side.
    """
    if resume is not None:
        before = precision_before_the_field(checked.device)
        values = resume.values
        return Arithmetic(values["threads"], values.get("precision", before), values.get("lanes", 1))
    threads = checked.threads(*names)
    if together and threads > 1:
        precision = _choose_precision(checked, names, 1, runs_folder)
        lanes = choose_lanes(checked, together, threads, precision, runs_folder)
        if lanes > 1:
            return Arithmetic(1, precision, lanes)
    return Arithmetic(threads, _choose_precision(checked, names, threads, runs_folder))


def _choose_precision(
    checked: CheckedExperiment, names: Collection[str], threads: int, runs_folder: Path
) -> Precision:
    wanted, device = checked.experiment.precision, checked.device
    if wanted != "auto":
        return wanted
    name = max(sorted(names), key=checked.macs)
    if device == "cuda":
        return "bfloat16"
    if gains_nothing(name) or checked.macs(name) < SMALL_NETWORK_MACS:
        return "float32"
    if device != "cpu" or not processor_has_bfloat16():
        return "float32"
    images = min(checked.experiment.recipe.batch_size, MEASURED_IMAGES)
    question = [name, checked.shape, checked.classes, images, device, threads, torch.__version__]
    pays = measured_once(runs_folder / MEASURED, question, partial(_measure, checked, name, images, threads))
    return "bfloat16" if pays else "float32"


def _measure(checked: CheckedExperiment, name: str, images: int, threads: int) -> bool:
    network = networks.build(name, checked.shape, checked.classes, seed=0)
    batch = torch.zeros(images, *checked.shape)
    with on_threads(threads):
        return bfloat16_pays(networks.placed(network, name, checked.device), batch)
