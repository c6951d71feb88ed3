"""Experiments that show something true at the press of a button, each with the controls that could explain it otherwise.

A preset ships only if every one of its claims holds by `claims.fewer_errors` over at least three seeds; `verify` in
`studies/verify.py` measures that again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.texts import N_


@dataclass(frozen=True)
class Control:
    """A student trained otherwise on the same images: what it is, and the fields that differ from the preset's."""

    name: str
    title: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """`better` errs less on the test images than `worse`; both are `student`, `twin` or a control's name."""

    better: str
    worse: str


@dataclass(frozen=True)
class Preset:
    """A question, the experiment that answers it, its controls and what it claims. seconds: about, on two cores."""

    name: str
    title: str
    shows: str
    experiment: Experiment
    claims: tuple[Claim, ...]
    controls: tuple[Control, ...] = field(default=())
    seconds: int = 10


TEACHERS_ANSWER = Control(
    "argmax",
    N_("The teacher's answer as the label"),
    {"method": "pseudo-labels", "parameters": {"own_share": 0.0}},
)
SMOOTHED = Control(
    "smoothing", N_("Labels smoothed by 10 %"), {"method": "labels-only", "label_smoothing": 0.1}
)
CLEAN = Control("clean", N_("Clean labels"), {"method": "labels-only", "label_noise": 0.0})

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
        claims=(Claim("student", "twin"), Claim("student", "argmax"), Claim("student", "smoothing")),
        controls=(TEACHERS_ANSWER, SMOOTHED),
        seconds=5,
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
