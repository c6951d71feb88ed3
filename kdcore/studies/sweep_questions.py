"""Questions that a sweep answers at the press of a button: what is varied, around which recipe, with how many seeds."""

from __future__ import annotations

from dataclasses import dataclass

from kdcore.errors import InvalidExperiment
from kdcore.studies.presets import preset
from kdcore.studies.sweep import Sweep
from kdcore.texts import N_

TEMPERATURES = (1, 2, 4, 8, 20)
EPOCHS = (5, 10, 20, 40, 80)


@dataclass(frozen=True)
class SweepQuestion:
    """A question, what it shows, the preset around which it goes, and the sweep that answers it; on images that come along."""

    name: str
    title: str
    shows: str
    preset: str
    sweep: Sweep


QUESTIONS: tuple[SweepQuestion, ...] = (
    SweepQuestion(
        "which-temperature",
        N_("Which temperature?"),
        N_(
            "A hundred digits, a small student, seven seeds: which temperatures can be told apart, and which cannot?"
        ),
        "digits-100",
        Sweep(base=preset("digits-100").experiment, vary={"temperature": TEMPERATURES}, seeds=7),
    ),
    SweepQuestion(
        "how-long",
        N_("How long?"),
        N_(
            "A tiny student of all drawn digits, from 5 to 80 epochs, each budget with a schedule of its own. Watch errors and "
            "NLL: the longer the labels alone are learned, the surer their network is of its mistakes."
        ),
        "drawn-plain",
        Sweep(base=preset("drawn-plain").experiment, vary={"epochs": EPOCHS}, seeds=5),
    ),
)


def question(name: str) -> SweepQuestion:
    """The question of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    for one in QUESTIONS:
        if one.name == name:
            return one
    raise InvalidExperiment(
        f"There is no question '{name}'. There are: {', '.join(q.name for q in QUESTIONS)}."
    )
