"""What a method trains before its student (further teachers, assistants, guides), kept on disk and found again by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

import kdcore
from kdcore import teachers
from kdcore.atomic_files import write_atomically
from kdcore.pipelines.arithmetic_choice import Arithmetic
from kdcore.pipelines.baseline_twin import twin_of
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher
from kdcore.pipelines.loading import LoadedData
from kdcore.system.device import arithmetic
from kdcore.training.members import State, TrainedNetwork

COST = "processor_seconds"


@dataclass(frozen=True)
class KeptPreparation:
    """Networks that an earlier run trained.

    Attributes:
        networks: by their name in the plan.
        processor_seconds: what training them took there, of all threads together.
    """

    networks: dict[str, TrainedNetwork]
    processor_seconds: float


def preparation_hash(
    checked: CheckedExperiment, data: LoadedData, teacher: ObtainedTeacher, chosen: Arithmetic
) -> str:
    """Equal where the stages before the students end in the same weights.

    Stages that learn from labels alone do not depend on the method's settings, the student or the run's teacher.
    """
    stages = checked.stages_before
    if all(stage.from_labels_alone for stage in stages):
        learned: dict[str, Any] = twin_of(checked.experiment).identity()
        del learned["student"]
    else:
        card = None if teacher.teacher is None else teacher.teacher.card.weights
        learned = checked.experiment.identity() | {"teacher weights": card}
    values = {
        "experiment": {name: v for name, v in learned.items() if name not in ("device", "threads")},
        "stages": [[dict(stage.learns), stage.share, dict(stage.starts_from)] for stage in stages],
        "images": data.dataset.digest + data.transfer_identity,
        "machine": [data.device, chosen.threads, chosen.precision, *arithmetic(data.device)],
        "version": kdcore.__version__,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def find_preparation(key: str, architectures: Mapping[str, str], runs_folder: Path) -> KeptPreparation | None:
    """The networks kept under this hash; None where there are none, or they are damaged."""
    try:
        with safe_open(_path(key, runs_folder), framework="pt") as file:
            seconds = float(file.metadata()[COST])
            weights: dict[str, State] = {name: {} for name in architectures}
            for place in file.keys():  # noqa: SIM118 (this file is no mapping)
                network, _, tensor = place.partition("/")
                weights[network][tensor] = file.get_tensor(place)
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    networks = {name: TrainedNetwork(architectures[name], state) for name, state in weights.items()}
    return KeptPreparation(networks, seconds)


def keep_preparation(
    key: str, networks: Mapping[str, TrainedNetwork], seconds: float, runs_folder: Path
) -> None:
    """Keep trained networks where the folder can be written; else they are trained again next time."""
    tensors = {
        f"{name}/{place}": tensor.detach().cpu().contiguous().clone()
        for name, network in networks.items()
        for place, tensor in network.weights.items()
    }
    with suppress(OSError):
        write_atomically(_path(key, runs_folder), save(tensors, {COST: repr(seconds)}))


def _path(key: str, runs_folder: Path) -> Path:
    return teachers.kept_folder(runs_folder) / f"prepared-{key}.safetensors"
