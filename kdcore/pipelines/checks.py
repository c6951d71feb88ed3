"""Check an experiment before any work starts, and resolve the names in it once for the whole run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import nn

from kdcore import networks, teachers
from kdcore.data import catalogue
from kdcore.errors import InvalidExperiment, NetworkRefused, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.faults.choice import fault_of, hooks_of
from kdcore.faults.contract import Fault, Hooks
from kdcore.methods.registry import method
from kdcore.methods.stages import asks_teacher, stages_of
from kdcore.pipelines.load_brought_network import refuse_for_brought
from kdcore.pipelines.oracle import refuse_for_oracle
from kdcore.pipelines.recorded_answers import refuse_for_recorded
from kdcore.plan import Shapes, Stage, nothing_to_refuse, with_teachers_network
from kdcore.system import device
from kdcore.system.threads import thread_count
from kdcore.texts import N_
from kdcore.training.members import shapes_of

ImageShape = tuple[int, int, int]


@dataclass(frozen=True)
class CheckedExperiment:
    """An experiment that can run here, and what the names in it stand for.

    Attributes:
        experiment: as it was given.
        shape: channels, height and width of its dataset's images.
        classes: how many classes its dataset has.
        teacher_card: the card of its teacher; None where the teacher is a network to train.
        teacher_network: the name of the teacher's network.
        stages: of its method, for these networks.
        device: the device to train on.
        fault: the fault on purpose that its run has, also where a riddle hides it; None for a sound run.
    """

    experiment: Experiment
    shape: ImageShape
    classes: int
    teacher_card: teachers.TeacherCard | None
    teacher_network: str
    stages: tuple[Stage, ...]
    device: str
    fault: Fault | None = None

    @cached_property
    def hooks(self) -> Hooks:
        """Where its run differs from a sound one."""
        return hooks_of(self.fault)

    @property
    def asks_teacher(self) -> bool:
        """Whether anything is learned from the teacher."""
        return asks_teacher(self.experiment)

    @property
    def student_network(self) -> str:
        """The network of the student and of its twin: a method may bring one of its own."""
        return next(s.learns["student"] for s in reversed(self.stages) if "student" in s.learns)

    @property
    def stages_before(self) -> tuple[Stage, ...]:
        """The stages that run before twin and student begin."""
        return tuple(stage for stage in self.stages if stage.before)

    @property
    def student_stages(self) -> tuple[Stage, ...]:
        """The stages that run while twin and student learn."""
        return tuple(stage for stage in self.stages if not stage.before)

    def macs(self, name: str) -> int:
        """Multiply-adds of this network for one image."""
        return networks.describe(name, self.shape, self.classes).macs

    def threads(self, *names: str) -> int:
        """Processor threads for training these networks: as many as the largest of them takes."""
        return thread_count(self.experiment.threads, max(map(self.macs, names)))


def check(experiment: Experiment, *, data_folder: Path, runs_folder: Path) -> CheckedExperiment:
    """Refuse what cannot run, before any work starts; reads no image and trains nothing.

    Raises:
        DataUnavailable: the dataset is unknown, or missing and cannot be fetched.
        InvalidExperiment: fields that do not fit each other or the dataset.
        NetworkRefused: a network that cannot take these images.
        TeacherUnavailable: a bundled teacher of another dataset, or with a damaged card.
        OutOfResources: a device that this machine does not have.
    """
    entry = catalogue.entry(experiment.dataset, data_folder)
    side = entry.size or experiment.image_size
    shape, classes = (entry.channels, side, side), entry.classes or 2
    _check_transfer_set(experiment, entry, classes)
    card = _check_teacher(experiment, entry.title, shape, classes, runs_folder)
    if card is not None and card.is_oracle:
        refuse_for_oracle(experiment, stages_of(experiment))
    if card is not None and card.is_recorded:
        refuse_for_recorded(experiment, stages_of(experiment))
    if card is not None and card.inputs and not card.is_recorded:
        refuse_for_brought(experiment, card, stages_of(experiment))
    teacher_network = card.network if card else experiment.teacher
    stages = stages_for(experiment, teacher_network, shape, classes)
    for stage in stages:
        for name in stage.learns.values():
            _refuse(name, shape, classes)
    check_features(stages, method(experiment.method).CARD.title, teacher_network, shape, classes)
    chosen_device = device.choose_device(experiment.device)
    fault = _fault(experiment, teacher_network, shape, classes, runs_folder)
    planned = tuple(with_teachers_network(hooks_of(fault).student_stages(stages), teacher_network))
    return CheckedExperiment(experiment, shape, classes, card, teacher_network, planned, chosen_device, fault)


def _fault(
    experiment: Experiment, teacher: str, shape: ImageShape, classes: int, runs_folder: Path
) -> Fault | None:
    """The fault that the experiment names, or that its riddle hides."""
    if not experiment.fault:
        return None
    network = (
        nn.Identity()
        if teacher in teachers.WITHOUT_NETWORK
        else networks.build(teacher, shape, classes, seed=0)
    )
    return fault_of(experiment, network, runs_folder)


def stages_for(experiment: Experiment, teacher: str, shape: ImageShape, classes: int) -> list[Stage]:
    """The stages of the experiment's method for these networks."""
    planned = with_teachers_network(stages_of(experiment), teacher)
    if all(stage.becomes is None for stage in planned):
        return planned
    named = {"teacher": teacher} | {n: a for stage in planned for n, a in stage.learns.items()}
    shapes = shapes_of(named, shape, classes)
    stages: list[Stage] = []
    for stage in planned:
        stages += [stage] if stage.becomes is None else stage.becomes(shapes)
    return with_teachers_network(stages, teacher)


def _check_transfer_set(experiment: Experiment, entry: catalogue.DatasetEntry, classes: int) -> None:
    for omitted in experiment.omit:
        if omitted >= classes:
            raise InvalidExperiment(f"omit = {omitted}: {entry.title} has the classes 0 to {classes - 1}.")
    if len(experiment.omit) >= classes - 1:
        raise InvalidExperiment("The transfer set needs at least two classes. Leave fewer classes out.")
    most = (
        math.inf if experiment.train_on_validation else entry.images
    )  # with these, the data's own split tells
    if experiment.count is not None and experiment.count > most:
        raise InvalidExperiment(
            f"count = {experiment.count}: {entry.title} has {entry.images:,} training images."
        )


def _refuse(name: str, shape: ImageShape, classes: int) -> None:
    if sentence := networks.refusal(name, shape, classes):
        raise NetworkRefused(sentence)


def check_features(
    stages: Sequence[Stage], title: str, teacher: str, shape: ImageShape, classes: int
) -> None:
    """Refuse networks whose features do not suit a stage; builds the stages' adapters once."""
    named = {"teacher": teacher}
    for stage in stages:
        named |= stage.learns
        if not (stage.taps or stage.fixed or stage.adapters) and stage.refuses is nothing_to_refuse:
            continue
        shapes = shapes_of({n: named[n] for n in (*stage.learns, *stage.frozen)}, shape, classes)
        if sentence := stage.refuses(shapes):
            raise NetworkRefused(sentence.replace("{method}", title))
        _check_feature_points(stage, title, named, shapes)
        for build in stage.adapters.values():
            build(shapes)


def _check_feature_points(stage: Stage, title: str, named: Mapping[str, str], shapes: Shapes) -> None:
    fixed = [(network, (point,)) for network, point in stage.fixed.items()]
    for network, points in [*stage.taps.items(), *fixed]:
        for point in points:
            if point not in shapes[network]:
                existing = ", ".join(p for p in shapes[network] if p != "logits")
                raise NetworkRefused(
                    f"{named[network]} has no feature point '{point}', which the method '{title}' compares. It has: {existing}. "
                    "Choose another network, or another point."
                )


def _check_teacher(
    experiment: Experiment, title: str, shape: ImageShape, classes: int, runs_folder: Path
) -> teachers.TeacherCard | None:
    """The teacher's card; None where the teacher is a network that takes these images."""
    card = teachers.find(experiment.teacher, runs_folder)
    if card is None:
        if networks.is_network(experiment.teacher):
            _refuse(experiment.teacher, shape, classes)
            return None
        existing = ", ".join(c.name for c in teachers.all_cards(runs_folder, experiment.dataset)) or N_(
            "none for these images"
        )
        raise TeacherUnavailable(
            f"'{experiment.teacher}' is neither a trained teacher ({existing}) nor a network to train as one. "
            "See: python -m kdcore networks."
        )
    fits = card.is_recorded or card.shape == shape  # what was recorded of an image holds of it at every size
    if card.inputs:
        networks.register(card.network, card.inputs, card.mean, card.std)
        fits = fits or bool(card.inputs.get("size"))  # it looks at every image at its own size
    if card.dataset != experiment.dataset or not fits or len(card.classes) != classes:
        raise TeacherUnavailable(
            f"The teacher '{card.name}' knows {card.dataset_title}, not {title}. "
            "Choose a teacher of this dataset, or a network to train as one."
        )
    return card
