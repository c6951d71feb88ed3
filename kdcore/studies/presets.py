"""Experiments that show something true at the press of a button, each with the controls that could explain it otherwise.

A preset ships with claims that hold by the rule in `claims.py` over at least three seeds, beside those of all others;
`preset_verification.py` measures that again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.studies.claims import Measure
from kdcore.texts import N_


@dataclass(frozen=True)
class Claim:
    """`better` errs less on the test images than `worse`, has a lower NLL, or is nearer to the truth.

    Both are `student`, `twin`, a control's name, or one of the preset's other ways to be small.
    """

    better: str
    worse: str
    measure: Measure = "errors"


@dataclass(frozen=True)
class Preset:
    """A question, the experiment that answers it, its controls (`controls.py`) and what it claims.

    compressed: other ways to be small that claims name, measured of the run's teacher: `int8`, or `pruned` to the student's size.
    seconds: about, on two cores.
    sibling: the preset that teaches the same on images that come along; empty where its own do.
    """

    name: str
    title: str
    shows: str
    experiment: Experiment
    claims: tuple[Claim, ...]
    controls: tuple[str, ...] = ()
    compressed: tuple[str, ...] = ()
    seconds: int = 10
    sibling: str = ""


MNIST: Mapping[str, Any] = {
    "dataset": "mnist",
    "teacher": "mnist-cnn-medium",
    "student": "mlp-128",
    "temperature": 4,
    "teacher_weight": 0.9,
}
DRAWN: Mapping[str, Any] = {**MNIST, "dataset": "drawn", "teacher": "drawn-cnn-medium"}
UNLABELLED_PICTURES: Mapping[str, Any] = {
    "count": 5000,
    "hidden_labels": 0.9,
    "epochs": 15,
    "learning_rate": 0.01,
    "temperature": 4,
    "teacher_weight": 0.9,
}
BEATS_TWIN_AND_CONTROLS = (
    Claim("student", "twin"),
    Claim("student", "twin", "nll"),
    Claim("student", "argmax"),
    Claim("student", "argmax", "nll"),
    Claim("student", "smoothing"),
    Claim("student", "smoothing", "nll"),
)
HELPS_WITH_ALL_LABELS = (
    Claim("student", "twin"),
    Claim("student", "twin", "nll"),
    Claim("student", "argmax", "nll"),
    Claim("student", "smoothing", "nll"),
)
REPAIRS_LABELS = (Claim("student", "twin"), Claim("argmax", "twin"))
SPEAKS_FOR_HIDDEN_LABELS = (
    Claim("student", "twin"),
    Claim("student", "argmax"),
    Claim("student", "argmax", "nll"),
    Claim("argmax", "twin"),
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="digits-100",
        title=N_("100 digits"),
        shows=N_(
            "A hundred images are few. Soft targets at T = 4 tell the student more about each of them, and it errs less."
        ),
        experiment=Experiment.from_flat(
            {
                "dataset": "digits",
                "count": 100,
                "teacher": "digits-mlp-300",
                "student": "mlp-30",
                "epochs": 150,
                "batch_size": 100,
                "learning_rate": 0.01,
                "temperature": 4,
                "teacher_weight": 0.9,
            }
        ),
        claims=(
            Claim("student", "twin"),
            Claim("student", "twin", "nll"),
            Claim("student", "argmax"),
            Claim("student", "smoothing"),
            Claim("student", "T=1"),
        ),
        controls=("argmax", "smoothing", "T=1"),
        seconds=1,
    ),
    Preset(
        name="mnist-5000",
        title=N_("5,000 of MNIST"),
        shows=N_(
            "With 5,000 images a student of soft targets errs less than one of labels, of the teacher's bare answers, or of smoothed labels."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 5000, "epochs": 20, "learning_rate": 0.01}),
        claims=BEATS_TWIN_AND_CONTROLS,
        controls=("argmax", "smoothing"),
        seconds=5,
        sibling="drawn-2000",
    ),
    Preset(
        name="drawn-2000",
        title=N_("2,000 drawn digits"),
        shows=N_(
            "With 2,000 images a student of soft targets errs less than one of labels, of the teacher's bare answers, or of smoothed labels."
        ),
        experiment=Experiment.from_flat({**DRAWN, "count": 2000, "epochs": 40, "learning_rate": 0.01}),
        claims=BEATS_TWIN_AND_CONTROLS,
        controls=("argmax", "smoothing"),
        seconds=4,
    ),
    Preset(
        name="mnist-all",
        title=N_("All labels"),
        shows=N_(
            "All of MNIST with its labels, trained until more epochs help the labels no more: the soft targets still save errors, "
            "and the student knows far better when it errs."
        ),
        experiment=Experiment.from_flat({**MNIST, "epochs": 20, "learning_rate": 0.003}),
        claims=BEATS_TWIN_AND_CONTROLS,
        controls=("argmax", "smoothing"),
        seconds=24,
        sibling="drawn-all",
    ),
    Preset(
        name="drawn-all",
        title=N_("All labels"),
        shows=N_(
            "All drawn digits with their labels, trained until more epochs help the labels no more: the soft targets still save "
            "errors, and the student knows far better when it errs."
        ),
        experiment=Experiment.from_flat({**DRAWN, "epochs": 20, "learning_rate": 0.003}),
        claims=HELPS_WITH_ALL_LABELS,
        controls=("argmax", "smoothing"),
        seconds=10,
    ),
    Preset(
        name="mnist-unlabelled",
        title=N_("Few labels"),
        shows=N_(
            "10,000 images, 500 labels. The teacher speaks about all of them; its soft targets leave fewer errors than its bare answers."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 10_000, "hidden_labels": 0.95, "epochs": 20}),
        claims=SPEAKS_FOR_HIDDEN_LABELS,
        controls=("argmax",),
        seconds=7,
        sibling="drawn-unlabelled",
    ),
    Preset(
        name="drawn-unlabelled",
        title=N_("Few labels"),
        shows=N_(
            "10,000 drawn digits, 500 labels. The teacher speaks about all of them; its soft targets leave fewer errors than its bare answers."
        ),
        experiment=Experiment.from_flat({**DRAWN, "count": 10_000, "hidden_labels": 0.95, "epochs": 20}),
        claims=SPEAKS_FOR_HIDDEN_LABELS,
        controls=("argmax",),
        seconds=6,
    ),
    Preset(
        name="cifar-unlabelled",
        title=N_("Pictures, few labels"),
        shows=N_(
            "5,000 pictures of CIFAR-10 (JPEG), 500 labels, a small CNN. What the teacher says of the other 4,500 is worth "
            "more than the labels that are there; its bare answers leave fewer errors still: this gain needs no dark knowledge."
        ),
        experiment=Experiment.from_flat(
            {
                "dataset": "cifar10-jpeg",
                "teacher": "cifar10-jpeg-cnn-medium",
                "student": "cnn-small",
                **UNLABELLED_PICTURES,
            }
        ),
        claims=(Claim("student", "twin"), Claim("argmax", "twin"), Claim("argmax", "student", "nll")),
        controls=("argmax",),
        seconds=21,
        sibling="shapes-unlabelled",
    ),
    Preset(
        name="shapes-unlabelled",
        title=N_("Pictures, few labels"),
        shows=N_(
            "5,000 pictures of shapes, 500 labels, a small CNN. With these labels alone it hardly gets beyond chance in fifteen epochs; "
            "what the teacher says of the other 4,500 lets it learn."
        ),
        experiment=Experiment.from_flat(
            {
                "dataset": "shapes",
                "teacher": "shapes-cnn-medium",
                "student": "cnn-small",
                **UNLABELLED_PICTURES,
            }
        ),
        claims=REPAIRS_LABELS,
        controls=("argmax",),
        seconds=16,
    ),
    Preset(
        name="mnist-noisy",
        title=N_("Random labels"),
        shows=N_(
            "The teacher repairs random labels. Its bare answers repair them as well: this gain is label cleaning, not dark "
            "knowledge."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 20_000, "label_noise": 0.5, "epochs": 10}),
        claims=REPAIRS_LABELS,
        controls=("argmax", "smoothing", "clean"),
        seconds=8,
        sibling="drawn-noisy",
    ),
    Preset(
        name="drawn-noisy",
        title=N_("Random labels"),
        shows=N_(
            "The teacher repairs random labels. Its bare answers repair them as well: this gain is label cleaning, not dark "
            "knowledge."
        ),
        experiment=Experiment.from_flat({**DRAWN, "count": 20_000, "label_noise": 0.5, "epochs": 10}),
        claims=REPAIRS_LABELS,
        controls=("argmax", "smoothing", "clean"),
        seconds=7,
    ),
    Preset(
        name="mnist-plain",
        title=N_("Where it does not help"),
        shows=N_(
            "All of MNIST, a tiny student, 60 epochs: no fewer errors than the labels alone. But these have made their network "
            "sure of its mistakes: the student's NLL is half of it."
        ),
        experiment=Experiment.from_flat({**MNIST, "student": "mlp-30", "epochs": 60}),
        claims=(Claim("student", "twin", "nll"), Claim("student", "argmax", "nll")),
        controls=("argmax",),
        seconds=28,
        sibling="drawn-plain",
    ),
    Preset(
        name="drawn-plain",
        title=N_("Where it does not help"),
        shows=N_(
            "All drawn digits, a tiny student, 20 epochs: no fewer errors than the labels alone. Soft targets ask more than so few "
            "units can hold; what they give is a somewhat lower NLL."
        ),
        experiment=Experiment.from_flat({**DRAWN, "student": "mlp-30", "epochs": 20, "learning_rate": 0.01}),
        claims=(Claim("student", "twin", "nll"), Claim("student", "argmax", "nll")),
        controls=("argmax",),
        seconds=8,
    ),
    Preset(
        name="drawn-omitted",
        title=N_("A class left out"),
        shows=N_(
            "No image of a 3 is in the transfer set, and the twin never answers 3. The student finds some: the teacher's soft targets say "
            "how much each other digit looks like a 3, which its bare answers do not."
        ),
        experiment=Experiment.from_flat(
            {**DRAWN, "count": 5000, "omit": (3,), "epochs": 20, "learning_rate": 0.01}
        ),
        claims=(
            Claim("student", "twin"),
            Claim("student", "twin", "nll"),
            Claim("student", "argmax"),
            Claim("student", "argmax", "nll"),
        ),
        controls=("argmax",),
        seconds=5,
    ),
    Preset(
        name="drawn-truth",
        title=N_("Nearest to the truth"),
        shows=N_(
            "Of every drawn digit the true probabilities are known. A student of the trained teacher comes nearer to them than a "
            "student of the truth itself: what classes look like each other says more about images that were never seen."
        ),
        experiment=Experiment.from_flat({**DRAWN, "count": 5000, "epochs": 20, "learning_rate": 0.01}),
        claims=tuple(
            Claim("student", other, "truth") for other in ("twin", "oracle", "T=1", "argmax", "smoothing")
        ),
        controls=("oracle", "T=1", "argmax", "smoothing"),
        seconds=5,
    ),
    Preset(
        name="drawn-small",
        title=N_("Three ways to be small"),
        shows=N_(
            "In 8-bit integers the teacher takes a quarter of its bytes and errs hardly more. Pruned at one stroke to the size of a student "
            "with 2 % of its weights it errs far more than that student: the table of sizes below the result, once measured, has all three."
        ),
        experiment=Experiment.from_flat(
            {**DRAWN, "student": "cnn-tiny", "count": 2000, "epochs": 20, "learning_rate": 0.01}
        ),
        claims=(
            Claim("int8", "student"),
            Claim("int8", "student", "nll"),
            Claim("student", "pruned"),
            Claim("student", "pruned", "nll"),
        ),
        compressed=("int8", "pruned"),
        seconds=8,
    ),
)


def preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    for one in PRESETS:
        if one.name == name:
            return one
    raise InvalidExperiment(f"There is no preset '{name}'. There are: {', '.join(p.name for p in PRESETS)}.")
