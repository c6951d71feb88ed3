"""The twin of a run is found again where an earlier run trained it: the same network, recipe, images, seeds and machine.

It is then not trained a second time. Its curves, its pinned images and its weights are those of the earlier run, to the
last bit those that training it here would give.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import kdcore
from kdcore import networks
from kdcore.errors import RunRefused
from kdcore.events import Checkpoint, Pictures, Pinned
from kdcore.pipelines.arithmetic_choice import Arithmetic
from kdcore.pipelines.baseline_twin import TWIN, twin_of
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.loading import LoadedData
from kdcore.pipelines.trained_networks import build_trained
from kdcore.system.device import arithmetic
from kdcore.training.cohort import Cohort
from kdcore.training.loop_checkpoint import roles_in
from kdcore.training.members import State
from kdcore.training.network_program import network_program
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.snapshots import picture_images, pictures_beside


@dataclass(frozen=True)
class FoundTwin:
    """A twin that an earlier run trained.

    Attributes:
        run: the id of that run.
        weights: those that it ended with.
    """

    run: str
    weights: State


FindTwin = Callable[[str], FoundTwin | None]
"""The twin that was trained under a training hash, if there is one."""


def never_found(training_hash: str) -> None:
    """Find none: every run trains its own."""


def find_twin(find: FindTwin, training_hash: str, resume: Checkpoint | None) -> FoundTwin | None:
    """The twin to take instead of training one; None where it is trained here.

    A run that resumes goes on as it began. training_hash: empty where a twin is always trained with its student.

    Raises:
        RunRefused: the run that resumes had taken over a twin, which is gone.
    """
    if not training_hash or (resume is not None and TWIN in roles_in(resume)):
        return None
    found = find(training_hash)
    if found is None and resume is not None:
        raise RunRefused("The twin that this run took over from another one is gone. Start the run again.")
    return found


def twin_training_hash(
    checked: CheckedExperiment, data: LoadedData, pinned: Pinned, trains_in: Arithmetic
) -> str:
    """Equal for runs whose twins have the same weights, curves and pinned images; empty where the twin is always trained."""
    if checked.experiment.fault or not can_be_found(checked):
        return ""
    precision = trains_in.precision
    twin = twin_of(checked.experiment.with_flat(student=checked.student_network, precision=precision))
    values = {
        "experiment": twin.hash,
        "images": data.dataset.digest + data.transfer_identity,
        "pinned": pinned.images,
        "threads": trains_in.threads,
        "machine": [data.device, *arithmetic(data.device)],
        "version": kdcore.__version__,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def twin_pictures(
    checked: CheckedExperiment, found: FoundTwin, data: LoadedData, cohort: Cohort, pinned: Pinned, step: int
) -> Iterator[Pictures]:
    """What the method shows of the twin at its last weights, beside the student at the end of its training."""
    network = build_trained(checked.student_network, found.weights, TWIN, data)
    chosen = picture_images(data.dataset.validation, pinned.images)
    yield from pictures_beside(cohort, TWIN, network, chosen, step, checked.experiment.recipe.epochs)


def can_be_found(checked: CheckedExperiment) -> bool:
    """Whether the twin that another run trained can be taken over: it and the student run one after another.

    Where both are perceptrons that run stacked, the twin costs next to nothing, and a student alone learns with other last
    bits. And a run that may stop early always trains its own: when it stops depends on both.
    """
    if checked.experiment.recipe.early_stop:
        return False
    network = networks.build(checked.student_network, checked.shape, checked.classes, seed=0)
    return isinstance(network_program([network, network]), SequentialNetworks)
