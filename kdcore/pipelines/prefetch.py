"""Do before a run what it would begin with: read its images, and ask a trained teacher about them.

The images stay in this process (`kdcore.pipelines.prefetched_images`); the answers are kept on disk, where the run finds
them. Nothing is downloaded and nothing trained: somebody only looks at a recipe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from torch.nn.modules.module import register_module_forward_pre_hook

from kdcore import teachers
from kdcore.data import catalogue, datasets
from kdcore.events import Event, NoCommands
from kdcore.experiment import Experiment
from kdcore.pipelines import prefetched_images
from kdcore.pipelines.checks import CheckedExperiment, check
from kdcore.pipelines.experiment_pipeline import student_arithmetic
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher, obtain_teacher
from kdcore.pipelines.loading import LoadedData, begin_phase, load_data
from kdcore.pipelines.prefetched_images import ImageRequest
from kdcore.system.precision import Precision
from kdcore.training.batch_sampler import BatchSampler

R = TypeVar("R")
MOST_BYTES = 1.5e9
"""Of images that are kept for a run that may never come (CIFAR-10 has 0.7e9)."""


class _RunHasComeError(Exception):
    """Ends prefetching: what is missing the run does itself, and says what it is doing."""


def prefetch(
    experiment: Experiment, *, data_folder: Path, runs_folder: Path, run_has_come: Callable[[], bool]
) -> bool:
    """Prefetch what the experiment needs; returns whether its teacher has now answered everything.

    run_has_come: asked again and again; once it is true, prefetching stops.

    Raises:
        StillroomError: the experiment cannot run, or its images are not here.
    """
    checked = check(experiment, data_folder=data_folder, runs_folder=runs_folder)
    if checked.device != "cpu" or _image_bytes(checked, data_folder) > MOST_BYTES:
        return False  # memory, an accelerator's above all, is for runs

    def stop_in_time() -> None:
        if run_has_come():
            raise _RunHasComeError

    try:
        return _prefetch(checked, data_folder, runs_folder, stop_in_time)
    except _RunHasComeError:
        return False


def _prefetch(
    checked: CheckedExperiment, data_folder: Path, runs_folder: Path, stop_in_time: Callable[[], None]
) -> bool:
    experiment = checked.experiment
    # Measured where it was not yet, before anything else begins that would disturb it.
    precision = student_arithmetic(checked, runs_folder, None).precision
    request = ImageRequest.of(experiment, data_folder)
    dataset = _read(experiment, data_folder, stop_in_time)
    if request != ImageRequest.of(experiment, data_folder):
        return False  # pictures changed while they were read
    prefetched_images.keep(request, dataset)
    stop_in_time()
    data = _result(load_data(checked, [experiment], data_folder, runs_folder))
    prefetched_images.keep(request, dataset)
    stop_in_time()
    if not checked.asks_teacher or not _has_teacher(checked, data, runs_folder):
        return False
    # Before every few images: a run that waits in the queue meanwhile would look as if nothing happened.
    hook = register_module_forward_pre_hook(lambda module, inputs: stop_in_time())
    try:
        obtained = _result(obtain_teacher(checked, data, runs_folder, NoCommands(), None, asked=True))
        _ask_about_transfer_set(checked, data, obtained, precision)
        if obtained.teacher is not None:
            obtained.teacher.logits_on("test", data.dataset.test)
    finally:
        hook.remove()
    return True


def _read(experiment: Experiment, data_folder: Path, stop_in_time: Callable[[], None]) -> datasets.Dataset:
    return datasets.load(
        experiment.dataset,
        folder=data_folder,
        image_size=experiment.image_size,
        split_seed=experiment.split_seed,
        download=False,
        progress=lambda what, done, total: stop_in_time(),
    )


def _image_bytes(checked: CheckedExperiment, data_folder: Path) -> int:
    """Of the images to train on, to validate and to test, as far as the dataset's entry counts them, in float32."""
    entry = catalogue.entry(checked.experiment.dataset, data_folder)
    images = entry.images + catalogue.validation_count(entry.images)
    return 4 * images * math.prod(checked.shape)


def _has_teacher(checked: CheckedExperiment, data: LoadedData, runs_folder: Path) -> bool:
    kept = teachers.kept(checked.experiment, data.dataset.digest, runs_folder)
    return (checked.teacher_card or kept) is not None


def _ask_about_transfer_set(
    checked: CheckedExperiment, data: LoadedData, obtained: ObtainedTeacher, precision: Precision
) -> None:
    """Have the teacher answer for all images to learn from, where the run asks it about each of them once."""
    [transfer] = data.transfer_sets
    recipe, seed = checked.experiment.recipe, checked.experiment.order_seed
    sampler = BatchSampler(transfer, recipe, seed, data.dataset.black)
    outputs = obtained.outputs(sampler, checked.student_stages, precision, checked.experiment)
    if outputs is not None and outputs.computed_once and obtained.teacher is not None:
        begin_phase("teacher_logits", data.device, obtained.teacher.threads, precision)
        _ = outputs.on_transfer_set


def _result(phase: Generator[Event, None, R]) -> R:
    """What a phase returns, its events unread."""
    while True:
        try:
            next(phase)
        except StopIteration as end:
            result: R = end.value
            return result
