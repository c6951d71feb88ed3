"""The program's text for its reader: its heading, and a sentence or two before each section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcore.export.training_script.script_run import ScriptRun

if TYPE_CHECKING:
    from kdcore.plan import Card


def title(run: ScriptRun) -> str:
    """The method, the student and the images, in one line."""
    return f"{_card(run).title}: {run.results['student']['network']} learns {run.dataset['title']}."


def summary(run: ScriptRun) -> str:
    """What the program repeats, and the run's test errors."""
    student = run.results["student"]
    errors = f"the student made {student['test_errors']} errors on {student['test_images']:,} test images"
    if run.has_teacher:
        errors += f", its twin on labels only {run.results['twin']['test_errors']}"
    if twin_run := run.results.get("twin_run"):
        errors += f" (found: trained in run {twin_run})"
    return (
        f"This repeats the run {run.record.run.id} of Stillroom without Stillroom: the same first weights, the same images\n"
        f"in the same order. In that run {errors}."
    )


def images(run: ScriptRun) -> str:
    """Which images are trained on, and what is known of their labels."""
    count, name = run.dataset["images"]["transfer"], run.dataset["title"]
    text = f"{count:,} training images of {name}, those that the run chose, and the test images, "
    text += "normalised as in the run."
    if run.experiment.hidden_labels:
        text += " Where `known` is 0 the label is hidden."
    if run.experiment.label_noise:
        text += " Some labels are wrong on purpose; they come with the images' indices."
    return text


def teacher(run: ScriptRun) -> str:
    """Which network the teacher is, or why only its logits are here."""
    network = run.results["teacher"]["network"]
    if run.core.teacher is None:
        return (
            f"A {network}, which cannot be written down: its logits for these images come with this program."
        )
    return f"The network {network} with its weights from the run; it is not trained here."


def student(run: ScriptRun) -> str:
    """Which network the student is, and what it starts from."""
    network = run.results["student"]["network"]
    return f"The network {network}; twin and student start from the same weights, those of the run."


def loss(run: ScriptRun) -> str:
    """What the method does, and its source."""
    return f"{_card(run).what} {_card(run).citation}."


def formula(run: ScriptRun) -> str:
    """The method's loss, in TeX."""
    return _card(run).formula


def _card(run: ScriptRun) -> Card:
    from kdcore.methods.registry import method

    return method(run.experiment.method).CARD
