"""Second phase: load the teacher where one is stored, else train it and keep it for later runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from kdcore import networks, teachers
from kdcore.data import datasets, transfer_set
from kdcore.events import Checkpoint, Commands, Event, Trained, Validation
from kdcore.experiment import Experiment, teacher_sees_views
from kdcore.faults.contract import as_asked
from kdcore.methods.stages import stages_of
from kdcore.metrics import classification, evaluation
from kdcore.pipelines.arithmetic_choice import choose_arithmetic
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.load_brought_network import build_brought
from kdcore.pipelines.loading import LoadedData, begin_phase
from kdcore.pipelines.oracle import Oracle
from kdcore.pipelines.trained_networks import build_trained
from kdcore.plan import Stage
from kdcore.system.precision import Precision
from kdcore.system.threads import on_threads
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.logit_cache import LogitCache
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import State, TrainedNetwork, member
from kdcore.training.teacher_outputs import TeacherOutputs

TEACHER = "teacher"


@dataclass(frozen=True)
class LoadedTeacher:
    """A trained teacher at hand.

    Attributes:
        card: how it was trained, and how well.
        network: in eval mode, without gradients, on the run's device.
        logit_cache: where its logits are looked up.
        threads: on how many threads it computes.
    """

    card: teachers.TeacherCard
    network: nn.Module
    logit_cache: LogitCache
    threads: int

    def logits_on(self, name: str, split: datasets.Split) -> Tensor:
        """Its logits [n, C] on the split of that name in float32, computed on as many threads as it takes."""
        with on_threads(self.threads):
            return self.logit_cache.get(name, lambda: evaluation.evaluate(self.network, split.images).float())


@dataclass(frozen=True)
class ObtainedTeacher:
    """How the phase ended.

    Attributes:
        teacher: the teacher; None where none is stored and no method asks it, or where the run was stopped.
        asked: whether anything is learned from it.
        trained: whether this run trained it.
        stopped: whether the run was stopped meanwhile.
        seconds: how long the phase took.
        altered: what the run makes of the teacher's outputs for its batches.
    """

    teacher: LoadedTeacher | None
    asked: bool
    trained: bool = False
    stopped: bool = False
    seconds: float = 0.0
    altered: Callable[[TeacherOutputs], TeacherOutputs] = as_asked

    def outputs(
        self, sampler: BatchSampler, stages: Sequence[Stage], precision: Precision, experiment: Experiment
    ) -> TeacherOutputs | None:
        """The teacher's outputs for a sampler's batches, with the features that these stages tap; None where not asked.

        experiment: says how the teacher looks at the images.
        """
        if self.teacher is None or not self.asked:
            return None
        points = sorted({point for stage in stages for point in stage.taps.get(TEACHER, ())})
        device = self.teacher.logit_cache.device
        cache = self.teacher.logit_cache
        outputs = TeacherOutputs(
            self.teacher.network,
            sampler,
            device,
            points,
            cache,
            precision,
            experiment.logit_shift,
            teacher_sees_views(experiment),
        )
        return self.altered(outputs)

    def trained_networks(self) -> dict[str, TrainedNetwork]:
        """The teacher as stages name it; empty where there is none."""
        if self.teacher is None:
            return {}
        return {TEACHER: TrainedNetwork(self.teacher.card.network, self.teacher.network.state_dict())}


@dataclass(frozen=True)
class TrainedTeacher:
    """A teacher's final weights, whether its training was stopped early, and the precision of its steps."""

    weights: State
    stopped: bool
    precision: Precision


def obtain_teacher(
    checked: CheckedExperiment,
    data: LoadedData,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
    *,
    asked: bool,
) -> Generator[Event, None, ObtainedTeacher]:
    """Load the teacher or train it. Where nobody asks one that is not stored, there is none: training it would be wasted."""
    card = checked.teacher_card or teachers.kept(checked.experiment, data.dataset.digest, runs_folder)
    if card is None and not asked:
        return ObtainedTeacher(None, asked)
    is_new = card is None
    own = resume if resume is not None and resume.phase == TEACHER else None
    network = card.network if card else checked.teacher_network
    began = time.perf_counter()
    if card is None:
        arithmetic = choose_arithmetic(checked, [network], runs_folder, own)
        threads = arithmetic.threads
        yield begin_phase(TEACHER, data.device, threads, arithmetic.precision)
        result = yield from train_teacher(checked, data, commands, own, arithmetic.precision)
        if result.stopped:
            return ObtainedTeacher(None, asked, trained=True, stopped=True)
        card = _keep(checked, data, result, runs_folder)
    else:
        threads = checked.threads(network) if own is None else own.values["threads"]
        yield begin_phase(TEACHER, data.device, threads)
    teacher = _load(card, data, runs_folder, threads)
    seconds = time.perf_counter() - began
    yield from _validation(teacher, data.dataset.validation)
    altered = checked.hooks.teacher
    return ObtainedTeacher(teacher, asked, is_new, stopped=False, seconds=seconds, altered=altered)


def train_teacher(
    checked: CheckedExperiment,
    data: LoadedData,
    commands: Commands,
    resume: Checkpoint | None,
    precision: Precision,
) -> Generator[Event, None, TrainedTeacher]:
    """Train the experiment's teacher on all training images with their labels as published."""
    experiment, dataset = checked.experiment, data.dataset
    recipe, seed = experiment.teacher_recipe, experiment.teacher_seed
    scratch = experiment.with_flat(
        method="labels-only", parameters={}, corrected_labels=1.0, student=experiment.teacher
    )
    sampler = BatchSampler(transfer_set.whole(dataset.train), recipe, seed, dataset.black)
    members = [member(TEACHER, scratch, stages_of(scratch), recipe, seed)]
    cohort = Cohort(members, recipe, dataset.shape, dataset.num_classes, data.device, precision=precision)
    training = TrainingLoop(TEACHER, cohort, [DataStream(sampler)], dataset.validation, commands)
    yield from training.run(resume)
    weights = training.final_weights()[TEACHER]
    yield Trained(TEACHER, experiment.teacher, weights)
    return TrainedTeacher(weights, training.stopped, precision)


def new_card(
    checked: CheckedExperiment,
    data: LoadedData,
    name: str,
    precision: Precision,
    validation: dict[str, int],
    test: dict[str, int],
) -> teachers.TeacherCard:
    """The card of a teacher that was just trained, without its weights' hash."""
    experiment, dataset = checked.experiment, data.dataset
    facts = networks.describe(experiment.teacher, dataset.shape, dataset.num_classes)
    return teachers.TeacherCard(
        name=name,
        network=experiment.teacher,
        dataset=dataset.name,
        dataset_title=dataset.title,
        shape=dataset.shape,
        classes=dataset.classes,
        experiment=experiment.with_flat(precision=precision).model_dump(mode="json"),
        validation={} if dataset.trains_on_validation else validation,
        test=test,
        parameters=facts.parameters,
        weights="",
        mean=dataset.mean,
        std=dataset.std,
    )


def answered(logits: Tensor) -> Tensor:
    """The places [m] of the images that logits [n, C] are known for: of recorded answers some may be missing."""
    return (~logits.isnan().any(dim=1)).nonzero().flatten()


def errors_on(network: nn.Module, split: datasets.Split) -> dict[str, int]:
    """How many of a split's images the network gets wrong, as a card notes it."""
    logits = evaluation.evaluate(network, split.images)
    return {"errors": classification.errors(logits, split.labels), "images": len(split.labels)}


def _keep(
    checked: CheckedExperiment, data: LoadedData, trained: TrainedTeacher, runs_folder: Path
) -> teachers.TeacherCard:
    """Save the teacher for later runs that share it."""
    name = teachers.kept_name(checked.experiment, data.dataset.digest)
    network = build_trained(checked.experiment.teacher, trained.weights, name, data)
    errors = errors_on(network, data.dataset.validation)
    card = new_card(checked, data, name, trained.precision, errors, {})
    return teachers.save(card, trained.weights, teachers.kept_folder(runs_folder))


def _load(card: teachers.TeacherCard, data: LoadedData, runs_folder: Path, threads: int) -> LoadedTeacher:
    network: nn.Module
    if data.answers is not None:
        network = data.answers.network()
    elif card.is_oracle:
        network = Oracle(data.dataset)
    elif card.inputs:
        network = build_brought(card, teachers.load(card, runs_folder), data.dataset, data.device)
    else:
        network = build_trained(card.network, teachers.load(card, runs_folder), card.name, data)
    identity = {"teacher": card.weights, "dataset": data.dataset.digest}
    cache = LogitCache(teachers.kept_folder(runs_folder) / "logits", identity, data.device)
    return LoadedTeacher(card, network.eval().requires_grad_(False), cache, threads)


def _validation(teacher: LoadedTeacher, split: datasets.Split) -> Iterator[Validation]:
    """How it does on the images that it has an answer to; nothing where there are none."""
    logits = teacher.logits_on("validation", split)
    rows = answered(logits)
    logits, labels = logits[rows], split.labels[rows]
    if len(labels):
        wrong, nll = classification.errors(logits, labels), classification.nll(logits, labels)
        yield Validation(0, 0.0, TEACHER, wrong, len(labels), nll)
