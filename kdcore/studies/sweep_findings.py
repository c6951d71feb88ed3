"""Which of a sweep's settings can be told apart by errors and by NLL, and which from their twins.

Settings are compared by their test figures at the same seeds (`kdcore.studies.claims`); the one that all others are compared
with is chosen on validation. Both measures and all comparisons of a sweep are corrected together. The choice is made among
the same networks, so every pair of settings counts, also those that are not shown.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdcore.experiment_fields import field_label, value_text
from kdcore.studies.claims import MOST_SEEDS, Difference, Measure, Verdict, claims, compare
from kdcore.texts import N_, listing

Say = Callable[[str], str]

NAMED_BY_THEMSELVES = ("method", "student", "teacher")
"""Fields whose values say by themselves what they are."""
FIRST_SEEDS = 5
"""How many seeds are asked for where one seed says nothing of the spread."""


@dataclass(frozen=True)
class SettingErrors:
    """What one setting made, by seed.

    Attributes:
        errors, validation: of its students on test and on validation.
        twin: errors of its twins on test.
        images: how many the test split has.
        nll, twin_nll: mean negative log-likelihood on test, nats per image; empty where it was not measured.
    """

    setting: dict[str, Any]
    errors: tuple[int, ...]
    validation: tuple[int, ...]
    twin: tuple[int, ...]
    images: int
    nll: tuple[float, ...] = ()
    twin_nll: tuple[float, ...] = ()

    @property
    def against_twin(self) -> Difference:
        """How many errors more its students make than their twins; below zero where they make fewer."""
        return compare(self.errors, self.twin, "errors")

    def figures(self, measure: Measure) -> tuple[float, ...]:
        """Of its students on test, by seed."""
        return self.errors if measure == "errors" else self.nll

    def twin_figures(self, measure: Measure) -> tuple[float, ...]:
        """Of its twins on test, by seed."""
        return self.twin if measure == "errors" else self.twin_nll


@dataclass(frozen=True)
class Judged:
    """What one measure tells of the settings.

    Attributes:
        alike, worse, better: the settings beside the best, by how they compare with it.
        helped, hurt: the settings that have less than their twins, and those that have more.
        unshown: the others, each with the seeds that could tell it from its twin; None where no number in reach could.
        best_and_twin: of the best setting and its twin.
    """

    measure: Measure
    alike: tuple[SettingErrors, ...]
    worse: tuple[SettingErrors, ...]
    better: tuple[SettingErrors, ...]
    helped: tuple[SettingErrors, ...]
    hurt: tuple[SettingErrors, ...]
    unshown: tuple[tuple[SettingErrors, int | None], ...]
    best_and_twin: Verdict


@dataclass(frozen=True)
class Undecided:
    """A difference that cannot be claimed yet, of a setting to its twin or to the best one, and the seeds that could tell it."""

    setting: SettingErrors
    measure: Measure
    from_twin: bool
    seeds: int


@dataclass(frozen=True)
class Findings:
    """Which settings can be told apart.

    Attributes:
        settings: all that have as many seeds as the one with most, in the sweep's order.
        best: the one with the fewest validation errors.
        judged: by errors, and by NLL where every setting has it.
        undecided: the difference that asks for the fewest further seeds; None where nothing is left to tell.
    """

    settings: tuple[SettingErrors, ...]
    best: SettingErrors
    seeds: int
    judged: tuple[Judged, ...] = field(default_factory=tuple)
    undecided: Undecided | None = None

    @property
    def more_seeds(self) -> int | None:
        """With how many seeds the same sweep could tell more; None where no number in reach could."""
        if self.seeds == 1:
            return FIRST_SEEDS
        if self.undecided is None or self.undecided.seeds > MOST_SEEDS:
            return None
        return self.undecided.seeds


def findings(settings: Sequence[SettingErrors]) -> Findings | None:
    """Compare the settings that have as many seeds as the one with most; None where there is none."""
    seeds = max((len(one.errors) for one in settings), default=0)
    complete = [one for one in settings if len(one.errors) == seeds > 0]
    if not complete:
        return None
    best = min(complete, key=lambda one: statistics.fmean(one.validation))
    measures: list[Measure] = ["errors"]
    if all(len(one.nll) == len(one.twin_nll) == seeds for one in complete):
        measures.append("nll")
    asked = [question for measure in measures for question in _questions(complete, best, measure)]
    verdicts = claims([one.difference for one in asked], beside=len(measures) * pairs_unseen(len(complete)))
    answers = [*zip(asked, verdicts, strict=True)]
    judged = tuple(_judged(measure, best, answers) for measure in measures)
    return Findings(tuple(complete), best, seeds, judged, _nearest(answers))


def pairs_unseen(settings: int) -> int:
    """How many pairs of settings do not hold the best one: it could have been any, so they count in the correction."""
    return (settings - 1) * (settings - 2) // 2


@dataclass(frozen=True)
class _Question:
    """Whether a setting differs from its twin, or from the best setting."""

    setting: SettingErrors
    measure: Measure
    from_twin: bool
    difference: Difference


_Answers = Sequence[tuple[_Question, Verdict]]


def _questions(
    settings: Sequence[SettingErrors], best: SettingErrors, measure: Measure
) -> Iterator[_Question]:
    for one in settings:
        own = one.figures(measure)
        if one is not best:
            yield _Question(one, measure, False, compare(own, best.figures(measure), measure))
        yield _Question(one, measure, True, compare(own, one.twin_figures(measure), measure))


def _judged(measure: Measure, best: SettingErrors, answers: _Answers) -> Judged:
    own = [(question, verdict) for question, verdict in answers if question.measure == measure]
    beside = [(q.setting, verdict) for q, verdict in own if not q.from_twin]
    twins = [(q.setting, verdict) for q, verdict in own if q.from_twin]
    return Judged(
        measure,
        tuple(setting for setting, verdict in beside if not verdict.holds),
        tuple(setting for setting, verdict in beside if verdict.more),
        tuple(setting for setting, verdict in beside if verdict.less),
        tuple(setting for setting, verdict in twins if verdict.less),
        tuple(setting for setting, verdict in twins if verdict.more),
        tuple((setting, _in_reach(verdict.seeds)) for setting, verdict in twins if not verdict.holds),
        next(verdict for setting, verdict in twins if setting is best),
    )


def _in_reach(seeds: int | None) -> int | None:
    return None if seeds is None or seeds > MOST_SEEDS else seeds


def _nearest(answers: _Answers) -> Undecided | None:
    """What the fewest further seeds could tell."""
    left = [
        Undecided(question.setting, question.measure, question.from_twin, verdict.seeds)
        for question, verdict in answers
        if verdict.seeds is not None
    ]
    return min(left, key=lambda one: one.seeds, default=None)


# ---- names -----------------------------------------------------------------------------------------------------------


def settings_named(some: Iterable[SettingErrors], every: Sequence[SettingErrors], say: Say = str) -> str:
    """Some of a sweep's settings by what distinguishes them from the others: `T = 2 to 8`, `T = 1 and 20`, `mlp-30`, `T = 4, weight on teacher = 0.9`."""
    chosen = _in_order(some, every)
    fields = [*chosen[0]]
    if len(fields) > 1:
        if len(chosen) > 3:
            return say(N_("{n} of {all} settings")).format(n=len(chosen), all=len(every))
        return "; ".join(listing((_equation(name, one[name], say) for name in fields), say) for one in chosen)
    name = fields[0]
    values = [one[name] for one in chosen]
    if _numbers(name, every):
        values = sorted(values)
    words = [field_value(value, say) for value in values]
    if is_range(some, every):
        return say(N_("{field} = {low} to {high}")).format(
            field=field_label(name, say), low=words[0], high=words[-1]
        )
    listed = _listed(words, say)
    return listed if name in NAMED_BY_THEMSELVES else f"{field_label(name, say)} = {listed}"


def is_range(some: Iterable[SettingErrors], every: Sequence[SettingErrors]) -> bool:
    """Whether some settings are three or more numbers of one field that follow each other among those tried."""
    chosen = _in_order(some, every)
    name, *others = chosen[0]
    if others or len(chosen) < 3 or not _numbers(name, every):
        return False
    values, known = sorted(one[name] for one in chosen), sorted({one.setting[name] for one in every})
    first = known.index(values[0])
    return known[first : first + len(values)] == values


def _in_order(some: Iterable[SettingErrors], every: Sequence[SettingErrors]) -> list[dict[str, Any]]:
    wanted = [*some]
    return [one.setting for one in every if any(one is other for other in wanted)]


def _numbers(name: str, every: Sequence[SettingErrors]) -> bool:
    values = [one.setting[name] for one in every]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _equation(name: str, value: Any, say: Say) -> str:
    return f"{field_label(name, say)} = {field_value(value, say)}"


def _listed(words: Sequence[str], say: Say) -> str:
    if len(words) == 1:
        return words[0]
    return say(N_("{some} and {last}")).format(some=listing(words[:-1], say), last=words[-1])


def field_value(value: Any, say: Say = str) -> str:
    """The value of a varied field in a sentence; classes that are left out together are joined by a plus."""
    return value_text(value, say, separator=" + ")
