"""The settings with which a network starts on a dataset: those at which plain soft targets are known to help it in a minute.

`python -m scripts.starting_settings` chooses them on validation images and measures them on test images. A network for which
none of those that were tried helped keeps the best of them, and the page says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kdcore.experiment import Experiment
from kdcore.installation import assets_folder
from kdcore.studies.claims import Verdict, claims, compare

MEASURED = assets_folder() / "starting_settings.json"
FIELDS = (
    "teacher",
    "count",
    "fraction",
    "hidden_labels",
    "epochs",
    "batch_size",
    "learning_rate",
    "crop",
    "flip",
    "temperature",
    "teacher_weight",
)
"""What starts with a network; every other field stays as it is."""


@dataclass(frozen=True)
class StartingSettings:
    """The settings of one student on one dataset, and what twin and student made of them on the test images, by seed.

    Attributes:
        dataset: its name.
        student: the network.
        settings: the values of `FIELDS`.
        images: how many are in the test.
        twin_errors: of them.
        student_errors: of them.
        twin_nll: mean negative log-likelihood, nats per image.
        student_nll: the same of the student.
        processor_seconds: what one run takes, all threads together.
    """

    dataset: str
    student: str
    settings: Mapping[str, Any]
    images: int
    twin_errors: tuple[int, ...]
    student_errors: tuple[int, ...]
    twin_nll: tuple[float, ...]
    student_nll: tuple[float, ...]
    processor_seconds: float

    def fits(self, experiment: Experiment) -> bool:
        """Whether the experiment has this network and these settings."""
        if (experiment.dataset, experiment.student) != (self.dataset, self.student):
            return False
        flat = experiment.flat()
        return all(flat[name] == value for name, value in self.settings.items())


@dataclass(frozen=True)
class JudgedStart:
    """Starting settings, and whether the student may be said to err less than its twin, and to have a lower NLL."""

    start: StartingSettings
    errors: Verdict
    nll: Verdict

    @property
    def helps(self) -> bool:
        """Whether soft targets give this network something that may be claimed."""
        return self.errors.less or self.nll.less


def judge(starts: Sequence[StartingSettings]) -> list[JudgedStart]:
    """All of them as one table, corrected together."""
    differences = [
        difference
        for one in starts
        for difference in (
            compare(one.student_errors, one.twin_errors, "errors"),
            compare(one.student_nll, one.twin_nll, "nll"),
        )
    ]
    verdicts = claims(differences)
    return [
        JudgedStart(one, errors, nll)
        for one, errors, nll in zip(starts, verdicts[::2], verdicts[1::2], strict=True)
    ]


@lru_cache(maxsize=1)
def kept() -> Mapping[tuple[str, str], JudgedStart]:
    """What comes with the program, by dataset and student."""
    starts = read(json.loads(MEASURED.read_text(encoding="utf-8")))
    return {(one.start.dataset, one.start.student): one for one in judge(starts)}


def read(told: Sequence[Mapping[str, Any]]) -> list[StartingSettings]:
    """From their JSON value."""
    by_seed = ("twin_errors", "student_errors", "twin_nll", "student_nll")
    return [StartingSettings(**{**one, **{name: tuple(one[name]) for name in by_seed}}) for one in told]


def start_of(experiment: Experiment) -> JudgedStart | None:
    """How the experiment's student starts on its dataset; None where that has not been measured."""
    return kept().get((experiment.dataset, experiment.student))
