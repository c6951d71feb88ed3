"""What a reproduction declares: a paper, its claims, and the experiments that can tell whether they hold here too.

A paper is one file in `reproductions/`. Its arms are one experiment with one thing varied; every claim says that one
network has less of something than another, so that it is a signed comparison of two lists by seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.studies.claims import PaperMeasure

Role = Literal["teacher", "twin", "student"]


@dataclass(frozen=True)
class Part:
    """A network of an arm, and how much of its figure counts."""

    arm: str
    role: Role
    share: float = 1.0


@dataclass(frozen=True)
class Side:
    """One side of a claim: a weighted sum of networks' figures, seed by seed, and a constant (a level that is asked for).

    label: what it is called in tables, marked for translation.
    """

    label: str
    parts: tuple[Part, ...] = ()
    constant: float = 0.0


def network(label: str, arm: str, role: Role = "student") -> Side:
    """The side that is one network."""
    return Side(label, (Part(arm, role),))


def part_of_gain(label: str, arm: str, share: float) -> Side:
    """A student that would keep only this share of what the arm's student gains over its twin: share * student + (1 - share) * twin."""
    return Side(label, (Part(arm, "student", share), Part(arm, "twin", 1 - share)))


@dataclass(frozen=True)
class PaperClaim:
    """`less` has less of the measure than `more`: what the paper found, and what is tested here.

    Attributes:
        says: the claim in a sentence, marked for translation.
        measure: of what.
        less, more: the two sides.
        paper: the paper's own figures for it, in the same order; words where it gives a figure only.
        source: where in the paper they stand.
    """

    says: str
    measure: PaperMeasure
    less: Side
    more: Side
    paper: str
    source: str


@dataclass(frozen=True)
class Paper:
    """A paper to measure again.

    Attributes:
        name: as it is typed; its file's name.
        title: its authors and year.
        citation: in full.
        asks: the question in a sentence, marked for translation.
        base: what all arms have in common.
        arms: by label, the flat fields in which an arm differs from the base.
        claims: what is judged, all together.
        differs: what is other than in the paper, a sentence each, marked for translation.
        first_teacher_seed: of a teacher that varies with the seeds, one more for each; None: one teacher for all.
        seeds: how many, unless others are asked for.
    """

    name: str
    title: str
    citation: str
    asks: str
    base: Experiment
    arms: Mapping[str, Mapping[str, Any]]
    claims: tuple[PaperClaim, ...]
    differs: tuple[str, ...]
    first_teacher_seed: int | None = None
    seeds: int = 5

    @cached_property
    def experiments(self) -> dict[str, Experiment]:
        """The experiment of every arm, not yet seeded."""
        return {arm: self.base.with_flat(**changes) for arm, changes in self.arms.items()}

    def experiment(self, arm: str, seed: int) -> Experiment:
        """The experiment of an arm at one seed."""
        experiment = seeded(self.experiments[arm], seed)
        if self.first_teacher_seed is None:
            return experiment
        return experiment.with_flat(teacher_seed=self.first_teacher_seed + seed)
