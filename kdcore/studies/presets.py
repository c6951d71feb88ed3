"""Experiments that show something true at the press of a button, each with the controls that could explain it otherwise.

A preset ships only if every one of its claims holds by `claims.fewer_errors` over at least three seeds; `verify` in
`studies/verify.py` measures that again.
"""

from __future__ import annotations

from dataclasses import dataclass

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.texts import N_


@dataclass(frozen=True)
class Claim:
    """`better` errs less on the test images than `worse`; both are `student`, `twin` or a control's name."""

    better: str
    worse: str


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
        controls=("argmax", "smoothing"),
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
