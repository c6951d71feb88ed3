"""Which experiments can be trained side by side in one loop, which of them share a twin, and what they are called there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.pipelines.baseline_twin import twin_of

MEMBER_FIELDS = ("temperature", "teacher_weight", "method", "parameters", "corrected_labels", "init_seed")
"""Fields in which the members of one data stream may differ."""


STREAM_FIELDS = ("order_seed", "noise_seed", "label_noise", "hidden_labels")
"""Fields that shape batches but not the number of images: the data streams of one cohort may differ in them."""


DIVERGED = "diverged"
"""Stands alone among a member's results with the sentence, where its training diverged."""


MAX_MEMBERS = 128
"""Members of one cohort; the rest go into a further one, so that stopping loses little."""


@dataclass(frozen=True)
class CohortEntry:
    """One experiment of a cohort.

    Attributes:
        experiment: the experiment itself.
        role: its student's role in the cohort.
        twin: its twin's role there, which it may share with other entries.
        stream: the number of its data stream.
    """

    experiment: Experiment
    role: str
    twin: str
    stream: int

    def own_role(self, role: str) -> str | None:
        """The role that a network of the cohort has in a run of this experiment alone; None if it takes no part there."""
        if role == "teacher":
            return role
        if role == self.role or role.startswith(f"{self.role}."):
            return role.removeprefix(self.role).removeprefix(".") or "student"
        if role == self.twin or role.startswith(f"{self.twin}."):
            return "twin" + role.removeprefix(self.twin)
        return None

    def named_alone(self, sentence: str) -> str:
        """A sentence about networks of the cohort with the names that they have in a run of this experiment alone."""
        return re.sub(
            rf"\b{re.escape(self.twin)}\b",
            "twin",
            re.sub(rf"\b{re.escape(self.role)}\b", "student", sentence),
        )


@dataclass(frozen=True)
class CohortSpec:
    """The experiments of one cohort, in order."""

    experiments: tuple[Experiment, ...]

    @cached_property
    def streams(self) -> list[Experiment]:
        """The first experiment of each data stream."""
        first: dict[str, Experiment] = {}
        for experiment in self.experiments:
            first.setdefault(_values_key(experiment, STREAM_FIELDS), experiment)
        return list(first.values())

    @cached_property
    def twins(self) -> list[Experiment]:
        """Each distinct twin as an experiment of its own."""
        return list({twin.hash: twin for twin in map(twin_of, self.experiments)}.values())

    @cached_property
    def entries(self) -> list[CohortEntry]:
        """Every experiment with its roles and its data stream, in order."""
        twins = {twin.hash: f"twin-{i}" for i, twin in enumerate(self.twins)}
        return [
            CohortEntry(e, f"student-{i}", twins[twin_of(e).hash], self.stream_of(e))
            for i, e in enumerate(self.experiments)
        ]

    def stream_of(self, experiment: Experiment) -> int:
        """The number of an experiment's data stream; its twin has the same."""
        keys = [_values_key(first, STREAM_FIELDS) for first in self.streams]
        return keys.index(_values_key(experiment, STREAM_FIELDS))

    @property
    def hash(self) -> str:
        """Identifies the cohort by its experiments, in any order."""
        hashes = ",".join(sorted(e.hash for e in self.experiments))
        return hashlib.sha256(f"cohort {hashes}".encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The first experiment and what differs in each: `from_json` reads it."""
        first = self.experiments[0]
        changes = [_json_values(e.changes(first)) for e in self.experiments]
        return json.dumps({"base": first.model_dump(mode="json"), "members": changes}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CohortSpec:
        """Read what `to_json` wrote.

        Raises:
            InvalidExperiment: the text describes no cohort, or an experiment in it is out of bounds.
        """
        try:
            values = json.loads(text)
            base, members = Experiment.read(values["base"]), values["members"]
            return cls(tuple(base.with_flat(**changes) for changes in members))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidExperiment(f"This is no cohort: {error}.") from error


def group_into_cohorts(experiments: Iterable[Experiment]) -> list[CohortSpec]:
    """The distinct experiments in as few cohorts as can train them.

    One that may stop early stays alone: when it stops would depend on the other members.
    """
    groups: dict[str, list[Experiment]] = {}
    for experiment in {e.hash: e for e in experiments}.values():
        key = experiment.hash if experiment.recipe.early_stop else _shared_key(experiment)
        groups.setdefault(key, []).append(experiment)
    return [
        CohortSpec(tuple(group[i : i + MAX_MEMBERS]))
        for group in groups.values()
        for i in range(0, len(group), MAX_MEMBERS)
    ]


def _shared_key(experiment: Experiment) -> str:
    """Equal for experiments that can train in one cohort."""
    may_differ = (*MEMBER_FIELDS, *STREAM_FIELDS)
    return _values_key(experiment, [name for name in experiment.flat() if name not in may_differ])


def _values_key(experiment: Experiment, names: Sequence[str]) -> str:
    flat = experiment.flat()
    return json.dumps({name: flat[name] for name in names}, sort_keys=True)


def _json_values(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
