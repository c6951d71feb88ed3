"""One experiment from its data to its test results, as events: load, teacher, students, test."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import networks, teachers
from kdcore.data import datasets, transfer_set
from kdcore.data.image_urls import data_url
from kdcore.errors import OutOfResources, TeacherUnavailable
from kdcore.events import (
    Checkpoint,
    Commands,
    Event,
    Finished,
    NoCommands,
    Phase,
    Pinned,
    Progress,
    Trained,
    Validation,
)
from kdcore.experiment import Experiment, Recipe
from kdcore.methods.stages import asks_teacher, stages_of
from kdcore.metrics import calibration, classification, evaluation, latency
from kdcore.pipelines.checks import check, stages_for
from kdcore.pipelines.command_channels import DeferredSettings, ForwardedCommands
from kdcore.plan import Stage
from kdcore.system import device
from kdcore.system.threads import thread_count
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.logit_cache import LogitCache
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import Member, State, TrainedNetwork, member
from kdcore.training.progress_clock import PROGRESS_SECONDS
from kdcore.training.teacher_outputs import TeacherOutputs

PINNED = 6


PREPARATION = "preparation"


def run(
    experiment: Experiment,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
) -> Iterator[Event]:
    """Run the experiment, or go on with it from a checkpoint; the last event is `Finished`.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    check(experiment, data_folder=data_folder, runs_folder=runs_folder)
    try:
        yield from ExperimentPipeline(experiment, data_folder, runs_folder, commands).events(resume)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfResources(
            "There is not enough memory for this run. Choose a smaller batch or network, or end what else is running."
        ) from error


def teach(
    experiment: Experiment,
    name: str,
    folder: Path,
    *,
    data_folder: Path,
    runs_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    half: bool = False,
    command: str = "",
    resume: Checkpoint | None = None,
) -> teachers.TeacherCard:
    """Train the experiment's teacher and save it in `folder` under `name`; `watch` sees every event on the way.

    A checkpoint among these events is where `resume` lets a later call go on. With `half` the weights are rounded to half
    precision before they are tested, so that the card's errors are those of what is stored.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    work = ExperimentPipeline(experiment, data_folder, runs_folder, NoCommands())
    made: list[tuple[teachers.TeacherCard, State]] = []

    def events() -> Iterator[Event]:
        yield from work.load()
        made.append((yield from work.teach(name, resume, half)))

    for _ in watch(events()):
        pass
    card, weights = made[0]
    return teachers.save(replace(card, command=command), weights, folder)


@dataclass(frozen=True)
class LoadedTeacher:
    """A trained teacher at hand: its card, its network, and its logits, looked up where they are kept."""

    card: teachers.TeacherCard
    network: nn.Module
    kept: LogitCache
    threads: int

    def on(self, name: str, split: datasets.Split) -> Tensor:
        """Its logits [n, C] on a split called `name`, on as many threads as it takes."""
        torch.set_num_threads(self.threads)
        return self.kept.get(name, lambda: evaluation.evaluate(self.network, split.images).float())


@dataclass
class ExperimentPipeline:
    """What the phases of one run hand on to each other."""

    experiment: Experiment
    data_folder: Path
    runs_folder: Path
    commands: Commands
    seconds: dict[str, float] = field(default_factory=lambda: {"teacher_logits": 0.0})
    processor_seconds: dict[str, float] = field(default_factory=dict)

    def events(self, resume: Checkpoint | None) -> Iterator[Event]:
        """Everything from its beginning, or from a checkpoint, to `Finished`."""
        yield from self.load()
        stopped = yield from self._find_teacher(resume)
        stopped = stopped or (yield from self._prepare(resume))
        if stopped:
            yield Finished("stopped", {"seconds": self.seconds})
            return
        yield from self._students(resume if resume is not None and resume.phase == "students" else None)

    def load(self) -> Iterator[Event]:
        """Read the images and choose the transfer set."""
        self.device = device.choose_device(self.experiment.device)
        yield self._phase("load", 1)
        began = time.perf_counter()
        self.dataset = yield from self._loaded()
        self.transfer = transfer_set.transfer_set(self.dataset.train, self.experiment)
        self.seconds["load"] = time.perf_counter() - began
        teacher = teachers.find(self.experiment.teacher, self.runs_folder)
        network = teacher.network if teacher else self.experiment.teacher
        self.stages = stages_for(self.experiment, network, self.dataset.shape, self.dataset.num_classes)

    def _loaded(self) -> Generator[Event, None, datasets.Dataset]:
        """Load in a thread of its own, so that a download's progress is told while it goes on."""
        told: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        load = partial(
            datasets.load,
            self.experiment.dataset,
            folder=self.data_folder,
            image_size=self.experiment.image_size,
            split_seed=self.experiment.split_seed,
            device=self.device,
            progress=lambda what, done, total: told.put((done, total)),
        )
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load)
            while not wait([loading], timeout=PROGRESS_SECONDS).done:
                while not told.empty():
                    done, total = told.get()
                    latest = Progress("load", done, total, 0.0, 1)
                    if told.empty():
                        yield latest
        return loading.result()

    def _phase(self, name: str, threads: int) -> Phase:
        torch.set_num_threads(threads)
        return Phase(name, self.device, threads)

    # ---- the teacher --------------------------------------------------------------------------------------------

    def _find_teacher(self, resume: Checkpoint | None) -> Generator[Event, None, bool]:
        """Load the teacher or train it; returns whether the run was stopped meanwhile."""
        experiment = self.experiment
        digest = self.dataset.digest
        card = teachers.find(experiment.teacher, self.runs_folder) or teachers.kept(
            experiment, digest, self.runs_folder
        )
        self.teacher: LoadedTeacher | None = None
        self.teacher_trained = card is None and self._asks_teacher
        self.seconds["teacher"] = 0.0
        if card is None and not self._asks_teacher:
            return False
        architecture = card.network if card else experiment.teacher
        own = resume if resume is not None and resume.phase == "teacher" else None
        threads = self._threads(architecture) if own is None else own.values["threads"]
        yield self._phase("teacher", threads)
        began = time.perf_counter()
        if card is None:
            weights, stopped = yield from self._train_teacher(own)
            if stopped:
                return True
            card = self._keep_teacher(weights)
        network = self._network(architecture, teachers.load(card, self.runs_folder), card.name)
        self.seconds["teacher"] = time.perf_counter() - began
        about = {"teacher": card.weights, "dataset": digest}
        kept = LogitCache(teachers.kept_folder(self.runs_folder) / "logits", about, self.device)
        self.teacher = LoadedTeacher(card, network.eval().requires_grad_(False), kept, threads)
        logits, labels = self._validated(self.teacher), self.dataset.validation.labels
        wrong, nll = classification.errors(logits, labels), classification.nll(logits, labels)
        yield Validation(0, 0.0, "teacher", wrong, len(labels), nll)
        return False

    @property
    def _asks_teacher(self) -> bool:
        """Whether anybody learns from the teacher; else one that is not at hand would be trained for nothing."""
        return asks_teacher(self.experiment)

    def _validated(self, teacher: LoadedTeacher) -> Tensor:
        return teacher.on("validation", self.dataset.validation)

    def teach(
        self, name: str, resume: Checkpoint | None, half: bool
    ) -> Generator[Event, None, tuple[teachers.TeacherCard, State]]:
        """Train the teacher anew, or go on, whatever is kept, and test it; returns its card and its weights."""
        threads = self._threads(self.experiment.teacher) if resume is None else resume.values["threads"]
        yield self._phase("teacher", threads)
        weights, _ = yield from self._train_teacher(resume)
        if half:
            weights = {n: t.half() if t.is_floating_point() else t for n, t in weights.items()}
        network = self._network(self.experiment.teacher, weights, name)
        validation, test = (
            self._errors(network, split) for split in (self.dataset.validation, self.dataset.test)
        )
        return self._card(name, validation, test), weights

    def _train_teacher(self, resume: Checkpoint | None) -> Generator[Event, None, tuple[State, bool]]:
        experiment = self.experiment
        recipe = experiment.teacher_recipe
        scratch = experiment.with_flat(
            method="labels-only", parameters={}, corrected_labels=1.0, student=experiment.teacher
        )
        feed = BatchSampler(
            transfer_set.whole(self.dataset.train), recipe, experiment.teacher_seed, self.dataset.black
        )
        cohort = self._cohort(
            [member("teacher", scratch, stages_of(scratch), recipe, experiment.teacher_seed)], recipe
        )
        commands = DeferredSettings(self.commands)
        training = TrainingLoop("teacher", cohort, [DataStream(feed)], self.dataset.validation, commands)
        yield from training.run(resume)
        self.commands = ForwardedCommands(self.commands, commands.held)
        weights = training.final_weights()["teacher"]
        yield Trained("teacher", experiment.teacher, weights)
        return weights, training.stopped

    def _keep_teacher(self, weights: State) -> teachers.TeacherCard:
        """Save the teacher for the next run that shares it."""
        name = teachers.kept_name(self.experiment, self.dataset.digest)
        network = self._network(self.experiment.teacher, weights, name)
        card = self._card(name, self._errors(network, self.dataset.validation), {})
        return teachers.save(card, weights, teachers.kept_folder(self.runs_folder))

    def _card(self, name: str, validation: dict[str, int], test: dict[str, int]) -> teachers.TeacherCard:
        shape, classes = self.dataset.shape, self.dataset.classes
        return teachers.TeacherCard(
            name=name,
            network=self.experiment.teacher,
            dataset=self.dataset.name,
            dataset_title=self.dataset.title,
            shape=shape,
            classes=classes,
            experiment=self.experiment.model_dump(mode="json"),
            validation=validation,
            test=test,
            parameters=networks.describe(self.experiment.teacher, shape, len(classes)).parameters,
            weights="",
            mean=self.dataset.mean,
            std=self.dataset.std,
        )

    # ---- stages before the students -----------------------------------------------------------------------------

    def _prepare(self, resume: Checkpoint | None) -> Generator[Event, None, bool]:
        """Train what a method needs before twin and student begin; returns whether the run was stopped meanwhile."""
        self.known: dict[str, TrainedNetwork] = {}
        if self.teacher is not None:
            self.known["teacher"] = TrainedNetwork(
                self.teacher.card.network, self.teacher.network.state_dict()
            )
        stages = [stage for stage in self.stages if stage.before]
        if not stages:
            return False
        architectures = {name: n for stage in stages for name, n in stage.learns.items()}
        if resume is not None and resume.phase == "students":
            # The students' checkpoint has their weights.
            self.known |= {name: TrainedNetwork(n, {}) for name, n in architectures.items()}
            return False
        own = resume if resume is not None and resume.phase == PREPARATION else None
        epochs = max(1, round(self.experiment.recipe.epochs * sum(stage.share for stage in stages)))
        recipe = self.experiment.recipe.model_copy(update={"epochs": epochs})
        threads = max(self._threads(name) for name in architectures.values())
        yield self._phase(PREPARATION, threads if own is None else own.values["threads"])
        feed = BatchSampler(self.transfer, recipe, self.experiment.order_seed, self.dataset.black)
        alone = member("student", self.experiment, stages, recipe, self.experiment.init_seed)
        commands = DeferredSettings(self.commands)
        cohort = self._cohort([alone], recipe, self.known)
        training = TrainingLoop(
            PREPARATION,
            cohort,
            [DataStream(feed, self._answers(feed, stages))],
            self.dataset.validation,
            commands,
        )
        yield from training.run(own)
        self.commands = ForwardedCommands(self.commands, commands.held)
        self.seconds[PREPARATION] = training.seconds
        self.processor_seconds[PREPARATION] = training.stopwatch.processor
        self.known |= cohort.trained()
        return training.stopped

    def _answers(self, feed: BatchSampler, stages: Sequence[Stage]) -> TeacherOutputs | None:
        """The teacher's answers to a feed, with the features that these stages tap; None where nobody asks."""
        if self.teacher is None or not self._asks_teacher:
            return None
        points = sorted({point for stage in stages for point in stage.taps.get("teacher", ())})
        return TeacherOutputs(self.teacher.network, feed, self.device, points, self.teacher.kept)

    # ---- the students -------------------------------------------------------------------------------------------

    def _students(self, resume: Checkpoint | None) -> Iterator[Event]:
        experiment, recipe = self.experiment, self.experiment.recipe
        feed = BatchSampler(self.transfer, recipe, experiment.order_seed, self.dataset.black)
        stages = [stage for stage in self.stages if not stage.before]
        answers = self._answers(feed, stages)
        if answers is not None and self.teacher is not None:
            yield from self._teacher_logits(answers, self.teacher.threads)
        members = self.members(stages)
        students = {name for stage in stages for name in stage.learns.values()}
        chosen = max(self._threads(name) for name in students)
        # Sums depend on how they are divided among threads: what began on so many goes on on as many.
        self.threads = chosen if resume is None else resume.values["threads"]
        yield self._phase("students", self.threads)
        pinned = self._pinned()
        yield pinned
        training = TrainingLoop(
            "students",
            self._cohort(members, recipe, self.known),
            [DataStream(feed, answers)],
            self.dataset.validation,
            self.commands,
            pinned=pinned.images,
        )
        yield from training.run(resume)
        self.seconds["students"] = training.seconds
        self.processor_seconds["students"] = training.stopwatch.processor
        if training.epoch:
            self.seconds["students_per_epoch"] = training.seconds / training.epoch
        yield from self._test(training)

    def members(self, stages: Sequence[Stage]) -> list[Member]:
        """The twin and the distilled student: same first weights, same batches, same recipe."""
        experiment, recipe = self.experiment, self.experiment.recipe
        scratch = experiment.with_flat(
            method="labels-only", parameters={}, corrected_labels=1.0, student=self._student
        )
        return [
            member("twin", scratch, stages_of(scratch), recipe, experiment.init_seed),
            member("student", experiment, stages, recipe, experiment.init_seed),
        ]

    @property
    def _student(self) -> str:
        """The student's network, and the twin's: a method may bring one of its own."""
        return next(stage.learns["student"] for stage in reversed(self.stages) if "student" in stage.learns)

    def _cohort(
        self, members: list[Member], recipe: Recipe, known: Mapping[str, TrainedNetwork] | None = None
    ) -> Cohort:
        return Cohort(members, recipe, self.dataset.shape, self.dataset.num_classes, self.device, known)

    def _teacher_logits(self, answers: TeacherOutputs, threads: int) -> Iterator[Event]:
        if not answers.computed_once:
            return
        yield self._phase("teacher_logits", threads)
        began = time.perf_counter()
        _ = answers.on_transfer_set, answers.features
        self.seconds["teacher_logits"] = time.perf_counter() - began

    def _pinned(self) -> Pinned:
        """Up to six validation images of different classes: those that the teacher knows and is least sure of."""
        split = self.dataset.validation
        logits = None if self.teacher is None else self._validated(self.teacher)
        chosen: dict[int, int] = {}
        for i in range(len(split)) if logits is None else _least_sure(logits, split.labels):
            chosen.setdefault(int(split.labels[i]), i)
            if len(chosen) == PINNED:
                break
        indices = list(chosen.values())
        return Pinned(
            images=tuple(indices),
            labels=tuple(chosen),
            png=tuple(data_url(split.images[i], self.dataset.mean, self.dataset.std) for i in indices),
            teacher_logits=() if logits is None else tuple(tuple(row) for row in logits[indices].tolist()),
            classes=self.dataset.classes,
        )

    # ---- the test -----------------------------------------------------------------------------------------------

    def _test(self, training: TrainingLoop) -> Iterator[Event]:
        yield self._phase("test", self._threads(self._student))
        results: dict[str, Any] = {}
        if (teacher := self.teacher) is not None:
            answers = self._validated(teacher), teacher.on("test", self.dataset.test)
            tested = self._tested(teacher.card.network, teacher.network, *answers)
            results["teacher"] = tested | {"weights": teacher.card.weights}
        architectures = {"twin": self._student}
        for stage in self.stages:
            architectures |= stage.learns
        for role, weights in training.final_weights().items():
            name = architectures[role]
            yield Trained(role, name, weights)
            results[role] = self._tested_student(name, self._network(name, weights, role))
        for role, known in training.cohort.earlier().items():
            network = self._network(known.architecture, known.weights, role)
            results[role] = self._tested_student(known.architecture, network)
        yield Finished("stopped" if training.stopped else "finished", results | self._circumstances(training))

    def _circumstances(self, training: TrainingLoop) -> dict[str, Any]:
        """What a run's results say beside its networks: the images, the machine, the time."""
        dataset = self.dataset
        return {
            "dataset": {
                "name": dataset.name,
                "title": dataset.title,
                "classes": list(dataset.classes),
                "shape": list(dataset.shape),
                "mean": list(dataset.mean),
                "std": list(dataset.std),
                "images": {
                    "transfer": len(self.transfer.images),
                    "validation": len(dataset.validation.labels),
                    "test": len(dataset.test.labels),
                },
            },
            "device": self.device,
            "threads": self.threads,
            "epochs": training.epoch,
            "teacher_was_trained": self.teacher_trained,
            "seconds": {name: round(value, 4) for name, value in self.seconds.items()},
            "processor_seconds": {name: round(value, 4) for name, value in self.processor_seconds.items()},
        }

    def _tested(self, name: str, network: nn.Module, validation: Tensor, test: Tensor) -> dict[str, Any]:
        facts = networks.describe(name, self.dataset.shape, self.dataset.num_classes)
        labels = self.dataset.test.labels
        return {
            "network": name,
            "parameters": facts.parameters,
            "macs": facts.macs,
            "bytes": facts.bytes,
            "val_errors": classification.errors(validation, self.dataset.validation.labels),
            "val_images": len(validation),
            "test_errors": classification.errors(test, labels),
            "test_images": len(labels),
            "test_accuracy": classification.accuracy(test, labels),
            "test_nll": classification.nll(test, labels),
            "test_ece": calibration.ece(test, labels),
            "latency": self._latency(name, network),
        }

    def _latency(self, name: str, network: nn.Module) -> dict[str, Any]:
        return _latency(network, self.dataset.shape)

    def _tested_student(self, name: str, network: nn.Module) -> dict[str, Any]:
        torch.set_num_threads(self._threads(name))
        splits = (self.dataset.validation, self.dataset.test)
        return self._tested(
            name, network, *(evaluation.evaluate(network, split.images).float() for split in splits)
        )

    def _errors(self, network: nn.Module, split: datasets.Split) -> dict[str, int]:
        logits = evaluation.evaluate(network, split.images)
        return {"errors": classification.errors(logits, split.labels), "images": len(split.labels)}

    def _threads(self, name: str) -> int:
        facts = networks.describe(name, self.dataset.shape, self.dataset.num_classes)
        return thread_count(self.experiment.threads, facts.macs)

    def _network(self, name: str, weights: Mapping[str, Tensor], whose: str) -> nn.Module:
        network = networks.build(name, self.dataset.shape, self.dataset.num_classes, seed=0)
        try:
            network.load_state_dict(dict(weights))
        except RuntimeError as error:
            raise TeacherUnavailable(
                f"The weights of '{whose}' do not fit the network {name}. Train it again, or name its own network."
            ) from error
        return networks.placed(network, name, self.device)


def _least_sure(logits: Tensor, labels: Tensor) -> list[int]:
    """The images that get their label's class, by falling entropy of the softmax."""
    log_p = logits.log_softmax(dim=1)
    entropy = -(log_p.exp() * log_p).sum(dim=1)
    right = (logits.argmax(dim=1) == labels).tolist()
    return [i for i in torch.argsort(entropy, descending=True).tolist() if right[i]]


def _latency(network: nn.Module, shape: tuple[int, int, int]) -> dict[str, Any]:
    """p50 and p95 in seconds at batch 1 and 128 on one thread, measured while this run trains nothing."""
    torch.set_num_threads(1)
    found = {str(batch): latency.latency(network, shape, batch) for batch in (1, 128)}
    return {
        **{batch: {"p50": measured.p50, "p95": measured.p95} for batch, measured in found.items()},
        "disturbed": any(measured.disturbed for measured in found.values()),
    }
