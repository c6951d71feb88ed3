"""Third phase: train the networks that a method needs before twin and student begin."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kdcore.events import Checkpoint, Commands, Event
from kdcore.pipelines.arithmetic_choice import choose_arithmetic
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher
from kdcore.pipelines.kept_preparation import find_preparation, keep_preparation, preparation_hash
from kdcore.pipelines.loading import LoadedData, begin_phase
from kdcore.system.precision import Precision
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import TrainedNetwork, member

PREPARATION = "preparation"


@dataclass(frozen=True)
class PreparedNetworks:
    """How the phase ended.

    Attributes:
        networks: the trained networks that later stages name, the teacher among them.
        stopped: whether the run was stopped meanwhile.
        seconds: of training; None where there was nothing to train.
        processor_seconds: the same, of all threads together; of networks that were found, what training them took.
        found: whether an earlier run trained them.
    """

    networks: Mapping[str, TrainedNetwork]
    stopped: bool = False
    seconds: float | None = None
    processor_seconds: float | None = None
    found: bool = False


def prepare_networks(
    checked: CheckedExperiment,
    data: LoadedData,
    teacher: ObtainedTeacher,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
) -> Generator[Event, None, PreparedNetworks]:
    """Train the networks of the stages that run before the students."""
    at_hand = teacher.trained_networks()
    names = {name: network for stage in checked.stages_before for name, network in stage.learns.items()}
    if not names:
        return PreparedNetworks(at_hand)
    if resume is not None and resume.phase == "students":
        # The students' checkpoint holds the weights.
        return PreparedNetworks(at_hand | {name: TrainedNetwork(n, {}) for name, n in names.items()})
    own = resume if resume is not None and resume.phase == PREPARATION else None
    arithmetic = choose_arithmetic(checked, names.values(), runs_folder, own)
    key = preparation_hash(checked, data, teacher, arithmetic)
    if own is None and (kept := find_preparation(key, names, runs_folder)) is not None:
        return PreparedNetworks(at_hand | kept.networks, processor_seconds=kept.processor_seconds, found=True)
    yield begin_phase(PREPARATION, data.device, arithmetic.threads, arithmetic.precision)
    training = _training(checked, data, teacher, commands, arithmetic.precision)
    yield from training.run(own)
    seconds, processor_seconds = training.seconds, training.stopwatch.processor
    trained = training.cohort.trained()
    if not training.stopped:
        keep_preparation(key, trained, processor_seconds, runs_folder)
    return PreparedNetworks(at_hand | trained, training.stopped, seconds, processor_seconds)


def _training(
    checked: CheckedExperiment,
    data: LoadedData,
    teacher: ObtainedTeacher,
    commands: Commands,
    precision: Precision,
) -> TrainingLoop:
    """The loop over the stages before, whose epochs come on top of the run's own."""
    experiment, dataset, stages = checked.experiment, data.dataset, checked.stages_before
    epochs = max(1, round(experiment.recipe.epochs * sum(stage.share for stage in stages)))
    recipe = experiment.recipe.model_copy(update={"epochs": epochs})
    sampler = BatchSampler(data.transfer_sets[0], recipe, experiment.order_seed, dataset.black)
    cohort = Cohort(
        [member("student", experiment, stages, recipe, experiment.init_seed)],
        recipe,
        dataset.shape,
        dataset.num_classes,
        data.device,
        teacher.trained_networks(),
        precision=precision,
    )
    stream = DataStream(sampler, teacher.outputs(sampler, stages, precision, experiment))
    return TrainingLoop(PREPARATION, cohort, [stream], dataset.validation, commands)
