"""Refuse an experiment that cannot run, before any work starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kdcore import networks, teachers
from kdcore.data import catalogue
from kdcore.errors import InvalidExperiment, NetworkRefused, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.methods.registry import method
from kdcore.methods.stages import stages_of
from kdcore.plan import Stage, nothing_to_refuse, with_teachers_network
from kdcore.system import device
from kdcore.training.members import shapes_of


def check(experiment: Experiment, *, data_folder: Path, runs_folder: Path) -> None:
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
    for omitted in experiment.omit:
        if omitted >= classes:
            raise InvalidExperiment(f"omit = {omitted}: {entry.title} has the classes 0 to {classes - 1}.")
    if len(experiment.omit) >= classes - 1:
        raise InvalidExperiment("The transfer set needs at least two classes. Leave fewer classes out.")
    if experiment.count is not None and experiment.count > entry.images:
        raise InvalidExperiment(
            f"count = {experiment.count}: {entry.title} has {entry.images:,} training images."
        )
    teacher = _check_teacher(experiment, entry.title, shape, classes, runs_folder)
    stages = stages_for(experiment, teacher, shape, classes)
    for stage in stages:
        for name in stage.learns.values():
            _refuse(name, shape, classes)
    _check_features(stages, method(experiment.method).CARD.title, teacher, shape, classes)
    device.choose_device(experiment.device)


def stages_for(
    experiment: Experiment, teacher: str, shape: tuple[int, int, int], classes: int
) -> list[Stage]:
    """The stages of the experiment's method for these networks."""
    planned = with_teachers_network(stages_of(experiment), teacher)
    if all(stage.becomes is None for stage in planned):
        return planned
    named = {"teacher": teacher} | {n: a for stage in planned for n, a in stage.learns.items()}
    shapes = shapes_of(named, shape, classes)
    found = [s for stage in planned for s in ([stage] if stage.becomes is None else stage.becomes(shapes))]
    return with_teachers_network(found, teacher)


def _refuse(name: str, shape: tuple[int, int, int], classes: int) -> None:
    if sentence := networks.refusal(name, shape, classes):
        raise NetworkRefused(sentence)


def _check_features(
    stages: Sequence[Stage], title: str, teacher: str, shape: tuple[int, int, int], classes: int
) -> None:
    """Refuse networks that lack the features that a stage taps, or whose features do not suit it; builds its adapters once."""
    named = {"teacher": teacher}
    for stage in stages:
        named |= stage.learns
        if not (stage.taps or stage.fixed or stage.adapters) and stage.refuses is nothing_to_refuse:
            continue
        shapes = shapes_of({n: named[n] for n in (*stage.learns, *stage.frozen)}, shape, classes)
        if sentence := stage.refuses(shapes):
            raise NetworkRefused(sentence.replace("{method}", title))
        fixed = [(network, (point,)) for network, point in stage.fixed.items()]
        for network, points in [*stage.taps.items(), *fixed]:
            for point in points:
                if point not in shapes[network]:
                    there = ", ".join(p for p in shapes[network] if p != "logits")
                    raise NetworkRefused(
                        f"{named[network]} has no feature point '{point}', which the method '{title}' compares. It has: {there}. "
                        "Choose another network, or another point."
                    )
        for build in stage.adapters.values():
            build(shapes)


def _check_teacher(
    experiment: Experiment, title: str, shape: tuple[int, int, int], classes: int, runs_folder: Path
) -> str:
    """Returns the teacher's architecture."""
    card = teachers.find(experiment.teacher, runs_folder)
    if card is None:
        if networks.is_network(experiment.teacher):
            _refuse(experiment.teacher, shape, classes)
            return experiment.teacher
        there = (
            ", ".join(c.name for c in teachers.known(runs_folder, experiment.dataset))
            or "none for these images"
        )
        raise TeacherUnavailable(
            f"'{experiment.teacher}' is neither a trained teacher ({there}) nor a network to train as one. "
            "See: python -m kdcore networks."
        )
    if card.dataset != experiment.dataset or card.shape != shape or len(card.classes) != classes:
        raise TeacherUnavailable(
            f"The teacher '{card.name}' knows {card.dataset_title}, not {title}. "
            "Choose a teacher of this dataset, or a network to train as one."
        )
    return card.network
