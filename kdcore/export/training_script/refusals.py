"""Why a run cannot be written as a program."""

from __future__ import annotations

from collections.abc import Iterator

from kdcore.data import catalogue
from kdcore.errors import NetworkRefused, UnfinishedMethod
from kdcore.experiment import Experiment
from kdcore.export.network_source import network_source
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.export.training_script.first_adapters import adapter_sources
from kdcore.networks import Shape
from kdcore.teachers import RECORDED, WITHOUT_NETWORK
from kdcore.texts import N_

UNSUPPORTED_SETTINGS = {
    "mixup": "mixup",
    "smoothness": "smoothness",
    "margin": "margin",
}
"""Settings of a recipe that the program does not know: what each field is called."""


def refusal(record: RecordedRun) -> str:
    """Why this run cannot be written as a program, in a sentence that says what can; empty where it can."""
    return refusal_without_networks(record) or next(_reasons(record), "")


def recipe_refusal(experiment: Experiment, shape: Shape, classes: int, teacher: str) -> str:
    """Why an experiment, trained or not, has no such program, in a sentence that says what can; empty where it has one.

    shape, classes: of its images. teacher: the name of the teacher's network.
    """
    return next(_unsupported_recipe(experiment), "") or next(
        _unsupported_networks(experiment, experiment.student, teacher, shape, classes), ""
    )


def _reasons(record: RecordedRun) -> Iterator[str]:
    yield from _unsupported_recipe(record.run.experiment)
    if "epochs" not in record.run.results or "mean" not in record.run.results["dataset"]:
        yield N_("This run was recorded before scripts were offered: train it again.")
    yield from _unsupported_record(record)


def _unsupported_recipe(experiment: Experiment) -> Iterator[str]:
    from kdcore.methods.source import plain_losses

    supported = list(plain_losses())
    if experiment.fault:
        yield N_(
            "A script is offered for sound runs. This one has a fault on purpose, or may have one: train it without."
        )
    if experiment.method not in supported:
        yield N_(f"A script is offered for the methods {', '.join(supported)}, not for {experiment.method}.")
    else:
        yield from _unsupported_loss(experiment)
    for field, name in UNSUPPORTED_SETTINGS.items():
        if getattr(experiment.recipe, field):
            yield N_(f"A script is offered for runs without {name}.")
    if experiment.dataset in catalogue.GENERATED:
        yield N_(
            "A script is offered for runs on images that lie in files, not on images that are drawn here."
        )
    if experiment.corrected_labels < 1:
        yield N_("A script is offered for runs whose labels the teacher did not correct.")
    if experiment.fixed_logits and experiment.recipe.augments:
        yield N_("A script is offered for runs whose teacher sees the images as the students do.")
    if experiment.logit_shift:
        yield N_("A script is offered for runs whose teacher's logits were not averaged over shifted images.")


def _unsupported_loss(experiment: Experiment) -> Iterator[str]:
    from kdcore.methods.source import check_plain_loss, plain_arguments

    try:
        check_plain_loss(experiment)
    except UnfinishedMethod as refused:
        yield str(refused)
        return
    if experiment.hidden_labels and "labels" in plain_arguments(experiment):
        yield N_(f"A script of {experiment.method} is offered for runs whose labels are all known.")


def _unsupported_networks(
    experiment: Experiment, student: str, teacher: str, shape: Shape, classes: int
) -> Iterator[str]:
    from kdcore.methods.source import plain_taps
    from kdcore.methods.stages import asks_teacher

    taps, has_teacher = plain_taps(experiment), asks_teacher(experiment)
    if has_teacher and teacher in WITHOUT_NETWORK:
        yield from _unwritten_teacher(experiment, teacher)
    elif unfit := _unfit_features(experiment, teacher, shape, classes):
        yield unfit
    if network_source(student, shape, classes, taps["student"]) is None:
        yield N_(
            f"A script is offered for students whose forward pass can be written down, not for {student}."
        )
    if not has_teacher:
        return
    if network_source(teacher, shape, classes, taps["teacher"]) is None:
        yield from _unwritten_teacher(experiment, teacher)
    elif "" in adapter_sources(experiment, teacher, shape, classes).values():
        yield N_(f"What learns beside the student in {experiment.method} cannot be written down in a script.")


def _unfit_features(experiment: Experiment, teacher: str, shape: Shape, classes: int) -> str:
    from kdcore.methods.registry import method
    from kdcore.methods.stages import stages_of
    from kdcore.pipelines.checks import check_features

    title = method(experiment.method).CARD.title
    try:
        check_features(stages_of(experiment), title, teacher, shape, classes)
    except NetworkRefused as refused:
        return str(refused)
    return ""


def _unwritten_teacher(experiment: Experiment, teacher: str) -> Iterator[str]:
    """A teacher that cannot be written is one whose logits come along: that is not enough for every run."""
    from kdcore.methods.source import plain_taps

    if teacher == RECORDED:
        yield N_("A script is offered for teachers that are networks, not for answers that were recorded.")
    if plain_taps(experiment)["teacher"]:
        yield N_(
            f"The method {experiment.method} reads the teacher's features, and a script is offered only for teachers whose forward "
            f"pass can be written down, not for {teacher}."
        )
    if experiment.recipe.augments:
        yield N_(
            "Under augmentation the teacher sees every augmented image, and a script is offered only for teachers whose forward pass can "
            f"be written down, not for {teacher}."
        )


def _unsupported_record(record: RecordedRun) -> Iterator[str]:
    from kdcore.methods.stages import asks_teacher

    experiment, results = record.run.experiment, record.run.results
    has_teacher = asks_teacher(experiment)
    if has_teacher and "teacher" not in {model.role for model in record.models}:
        yield N_("The weights of this run's teacher are gone.")
    teacher = results["teacher"]["network"] if has_teacher else ""
    yield from _unsupported_networks(experiment, results["student"]["network"], teacher, *record.images)
