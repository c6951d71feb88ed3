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
    """`better` errs less on the test images than `worse`, or has a lower NLL; both are `student`, `twin` or a control's name."""

    better: str
    worse: str
    measure: Measure = "errors"


@dataclass(frozen=True)
class Preset:
    """A question, the experiment that answers it, its controls (`controls.py`) and what it claims.

    seconds: about, on two cores.
    """

    name: str
    title: str
    shows: str
    experiment: Experiment
    claims: tuple[Claim, ...]
    controls: tuple[str, ...] = ()
    seconds: int = 10


MNIST: Mapping[str, Any] = {
    "dataset": "mnist",
    "teacher": "mnist-cnn-medium",
    "student": "mlp-128",
    "temperature": 4,
    "teacher_weight": 0.9,
}

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="digits-100",
        title=N_("100 digits"),
        shows=N_("A hundred images are few. Soft targets at T = 4 tell the student more about each of them."),
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
            Claim("student", "argmax"),
            Claim("student", "smoothing"),
            Claim("student", "T=1"),
        ),
        controls=("argmax", "smoothing", "T=1"),
        seconds=5,
    ),
    Preset(
        name="mnist-5000",
        title=N_("5,000 of MNIST"),
        shows=N_(
            "With 5,000 images the soft targets of a good teacher beat labels, the teacher's bare answers, and smoothed labels."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 5000, "epochs": 20, "learning_rate": 0.01}),
        claims=(Claim("student", "twin"), Claim("student", "argmax"), Claim("student", "smoothing")),
        controls=("argmax", "smoothing"),
        seconds=40,
    ),
    Preset(
        name="mnist-unlabelled",
        title=N_("95 % without labels"),
        shows=N_(
            "10,000 images, 500 labels. The teacher speaks about all of them; its soft targets say more than its bare answers."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 10_000, "hidden_labels": 0.95, "epochs": 20}),
        claims=(Claim("student", "twin"), Claim("student", "argmax"), Claim("argmax", "twin")),
        controls=("argmax",),
        seconds=50,
    ),
    Preset(
        name="cifar-unlabelled",
        title=N_("Pictures, 90 % without labels"),
        shows=N_(
            "5,000 pictures of CIFAR-10 (JPEG), 500 labels, a small CNN. What the teacher says of the other 4,500 is worth "
            "more than the labels that are there; its bare answers do better still: this gain needs no dark knowledge."
        ),
        experiment=Experiment.from_flat(
            {
                "dataset": "cifar10-jpeg",
                "teacher": "cifar10-jpeg-cnn-medium",
                "student": "cnn-small",
                "count": 5000,
                "hidden_labels": 0.9,
                "epochs": 15,
                "learning_rate": 0.01,
                "temperature": 4,
                "teacher_weight": 0.9,
            }
        ),
        claims=(Claim("student", "twin"), Claim("argmax", "twin"), Claim("argmax", "student")),
        controls=("argmax",),
        seconds=120,
    ),
    Preset(
        name="mnist-noisy",
        title=N_("Half the labels random"),
        shows=N_(
            "The teacher repairs random labels. Its bare answers repair them as well: this gain is label cleaning, not dark "
            "knowledge."
        ),
        experiment=Experiment.from_flat({**MNIST, "count": 20_000, "label_noise": 0.5, "epochs": 10}),
        claims=(Claim("student", "twin"), Claim("argmax", "twin")),
        controls=("argmax", "smoothing", "clean"),
        seconds=60,
    ),
    Preset(
        name="mnist-plain",
        title=N_("Where it does not help"),
        shows=N_(
            "All of MNIST, a tiny student, five epochs: the labels alone do better. Soft targets ask more than it can learn "
            "in that time."
        ),
        experiment=Experiment.from_flat({**MNIST, "student": "mlp-30", "epochs": 5}),
        claims=(Claim("twin", "student"),),
        controls=("argmax",),
        seconds=80,
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
