"""Why a run cannot be written as a program."""

from __future__ import annotations

from collections.abc import Iterator

from kdcore.data import catalogue
from kdcore.experiment import Experiment
from kdcore.export.network_source import network_source, network_source_of
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.networks import Shape
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


def recipe_refusal(experiment: Experiment, shape: Shape, classes: int) -> str:
    """Why an experiment, trained or not, has no such program, in a sentence that says what can; empty where it has one.

    shape, classes: of its images.
    """
    return next(_unsupported_recipe(experiment), "") or _unsupported_student(
        experiment.student, shape, classes
    )


def _reasons(record: RecordedRun) -> Iterator[str]:
    yield from _unsupported_recipe(record.run.experiment)
    if "epochs" not in record.run.results or "mean" not in record.run.results["dataset"]:
        yield N_("This run was recorded before scripts were offered: train it again.")
    yield from _unsupported_networks(record)


def _unsupported_recipe(experiment: Experiment) -> Iterator[str]:
    from kdcore.methods.source import plain_arguments, plain_losses

    supported = list(plain_losses())
    if experiment.fault:
        yield N_(
            "A script is offered for sound runs. This one has a fault on purpose, or may have one: train it without."
        )
    if experiment.method not in supported:
        yield N_(f"A script is offered for the methods {', '.join(supported)}, not for {experiment.method}.")
    elif experiment.hidden_labels and "labels" in plain_arguments(experiment):
        yield N_(f"A script of {experiment.method} is offered for runs whose labels are all known.")
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


def _unsupported_student(name: str, shape: Shape, classes: int) -> str:
    if network_source(name, shape, classes) is not None:
        return ""
    return N_(f"A script is offered for students whose forward pass can be written down, not for {name}.")


def _unsupported_networks(record: RecordedRun) -> Iterator[str]:
    from kdcore.methods.stages import asks_teacher

    experiment = record.run.experiment
    facts, network = record.run.results["dataset"], record.run.results["student"]["network"]
    channels, height, width = facts["shape"]
    if refused := _unsupported_student(network, (channels, height, width), len(facts["classes"])):
        yield refused
    if not asks_teacher(experiment):
        return
    if "teacher" not in {model.role for model in record.models}:
        yield N_("The weights of this run's teacher are gone.")
    elif experiment.recipe.augments and network_source_of(record, "teacher") is None:
        yield N_(
            "Under augmentation the teacher sees every augmented image, and a script is offered only for teachers whose forward pass can "
            f"be written down, not for {record.run.results['teacher']['network']}."
        )
