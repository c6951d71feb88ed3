"""Which experiments can be trained side by side in one loop, who of them shares a twin, and what they are called there.

Members of a cohort share data, teacher, student and recipe. They may differ in what is theirs alone (temperature, weight,
method, first weights) and in their batches (order, choice and labels of images), which are then one lane each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment

MEMBERS_OWN = ("temperature", "teacher_weight", "method", "parameters", "corrected_labels", "init_seed")
"""Fields in which members of one lane may differ."""
LANES_OWN = ("order_seed", "noise_seed", "label_noise", "hidden_labels")
"""Fields that decide on batches, but not on how many images there are: lanes of one cohort may differ in them."""
MOST = 128
"""Members of a cohort; what is more is trained in a further one, so that a stop costs little."""
DEFAULT = Experiment()


@dataclass(frozen=True)
class CohortEntry:
    """One experiment in a cohort: what its student and its twin are called there, and its lane."""

    experiment: Experiment
    role: str
    twin: str
    lane: int

    def own(self, role: str) -> str | None:
        """What a network of the cohort is called in this experiment's own run; None for one of somebody else."""
        if role == "teacher":
            return role
        if role == self.role or role.startswith(f"{self.role}."):
            return role.removeprefix(self.role).removeprefix(".") or "student"
        if role == self.twin or role.startswith(f"{self.twin}."):
            return "twin" + role.removeprefix(self.twin)
        return None


@dataclass(frozen=True)
class CohortSpec:
    """The experiments of one cohort."""

    experiments: tuple[Experiment, ...]

    @cached_property
    def lanes(self) -> list[Experiment]:
        """The first experiment of each lane."""
        found: dict[str, Experiment] = {}
        for experiment in self.experiments:
            found.setdefault(_said(experiment, LANES_OWN), experiment)
        return list(found.values())

    @cached_property
    def twins(self) -> list[Experiment]:
        """Each distinct twin as an experiment of its own."""
        return list({twin.hash: twin for twin in map(twin_of, self.experiments)}.values())

    @cached_property
    def places(self) -> list[CohortEntry]:
        """Every experiment's place, in order."""
        twins = {twin.hash: f"twin-{i}" for i, twin in enumerate(self.twins)}
        return [
            CohortEntry(e, f"student-{i}", twins[twin_of(e).hash], self.lane(e))
            for i, e in enumerate(self.experiments)
        ]

    def lane(self, experiment: Experiment) -> int:
        """The lane of an experiment, or of its twin."""
        return [_said(lane, LANES_OWN) for lane in self.lanes].index(_said(experiment, LANES_OWN))

    @property
    def hash(self) -> str:
        """Names the cohort's work: its experiments in any order."""
        said = ",".join(sorted(e.hash for e in self.experiments))
        return hashlib.sha256(f"cohort {said}".encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """What `from_json` reads: the first experiment, and what is different in each."""
        first = self.experiments[0]
        changes = [_plain(e.changes(first)) for e in self.experiments]
        return json.dumps({"base": first.model_dump(mode="json"), "members": changes}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CohortSpec:
        """Read what `to_json` wrote.

        Raises:
            InvalidExperiment: it is none, or an experiment in it is out of bounds.
        """
        try:
            said = json.loads(text)
            base, members = Experiment.read(said["base"]), said["members"]
            return cls(tuple(base.with_flat(**changes) for changes in members))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidExperiment(f"This is no cohort: {error}.") from error


def twin_of(experiment: Experiment) -> Experiment:
    """The experiment's twin: its student, taught by labels alone; whatever only a teacher's pupil has is the default's."""
    default = DEFAULT.flat()
    ours = {name: default[name] for name in default if only_for_pupils(name)}
    return experiment.with_flat(**ours | {"method": "labels-only", "parameters": {}})


def only_for_pupils(name: str) -> bool:
    """Whether a field, or a method's own setting, says nothing to a network that learns from labels alone."""
    named = ("method", "parameters", "temperature", "corrected_labels", "teacher")
    return name in named or name.startswith(("teacher_", "parameters."))


def cohort_specs(experiments: Iterable[Experiment]) -> list[CohortSpec]:
    """The experiments, gathered into as few cohorts as can train them; one that stops early stays alone.

    An early stop would depend on who else is there.
    """
    gathered: dict[str, list[Experiment]] = {}
    for experiment in {e.hash: e for e in experiments}.values():
        key = experiment.hash if experiment.recipe.early_stop else _shared(experiment)
        gathered.setdefault(key, []).append(experiment)
    return [
        CohortSpec(tuple(whole[i : i + MOST]))
        for whole in gathered.values()
        for i in range(0, len(whole), MOST)
    ]


def _shared(experiment: Experiment) -> str:
    return _said(experiment, [n for n in experiment.flat() if n not in (*MEMBERS_OWN, *LANES_OWN)])


def _said(experiment: Experiment, names: Sequence[str]) -> str:
    flat = experiment.flat()
    return json.dumps({name: flat[name] for name in names}, sort_keys=True)


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
