"""Whether what was handed in bears out an assignment's claims: pass, fail or cannot tell, and why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kdcore.classroom.claims import (
    ALIASES,
    MEASURES,
    OPERATORS,
    AssignmentClaim,
    ClaimFigure,
    ClaimScope,
    ClaimSeeds,
    CountClaim,
    FigureClaim,
    SettingClaim,
)
from kdcore.classroom.submission import FrozenRun, Submission
from kdcore.errors import InvalidExperiment
from kdcore.experiment import HOT_FIELDS, Experiment
from kdcore.experiment_fields import value_text
from kdcore.studies.claims import MOST_SEEDS, Difference, Verdict, claims, compare
from kdcore.texts import N_

GradeVerdict = Literal["pass", "fail", "cannot tell"]
SHORT_ID = 6
OTHER_SEEDS = ("init_seed", "order_seed", "noise_seed", "teacher_seed", "device", "threads")
"""Fields in which runs of one recipe may differ. Which seed a run has, its `init_seed` says."""
Figures = Mapping[str, Mapping[str, int | float]]


@dataclass(frozen=True)
class ClaimGrade:
    """What a machine says of one claim."""

    claim: str
    verdict: GradeVerdict
    why: str


@dataclass(frozen=True)
class JudgedRun:
    """A run that was handed in, with the figures by which it is judged.

    Attributes:
        run: as it was handed in.
        experiment: what was trained; None where that cannot be read.
        networks: the figures by role: those of the record, or of training again.
        problem: why its figures count for nothing, in a sentence; empty where they count.
    """

    run: FrozenRun
    experiment: Experiment | None
    networks: Figures = field(default_factory=dict)
    problem: str = ""

    @property
    def short_id(self) -> str:
        """By which a sentence names it."""
        return self.run.id[:SHORT_ID]

    def value(self, figure: ClaimFigure) -> float | None:
        """A figure of one of its networks; None where it was not measured."""
        found = self.networks.get(figure.role, {}).get(MEASURES[figure.measure])
        return None if found is None else float(found)


def recorded(run: FrozenRun) -> JudgedRun:
    """The run with the figures of its record."""
    try:
        experiment = run.read_experiment()
    except InvalidExperiment as error:
        return JudgedRun(run, None, {}, N_(f"its settings cannot be read: {error}"))
    problem = ""
    if run.status != "finished":
        problem = N_(f"it is {run.status}, not finished")
    elif run.changed:
        problem = N_(
            "settings were changed while it trained, so that its recipe does not say what was trained"
        )
    elif experiment.fault:
        problem = N_("it has a fault on purpose")
    return JudgedRun(run, experiment, run.networks, problem)


def judge(
    submission: Submission, runs: Sequence[JudgedRun], asked: Sequence[AssignmentClaim]
) -> list[ClaimGrade]:
    """A grade for each claim, in their order. What seeds claim is corrected for all such claims together."""
    tests = {place: _paired_tests(claim, runs) for place, claim in enumerate(asked) if _over_seeds(claim)}
    verdicts = claims([test.difference for found in tests.values() for test in found.tests])
    left = iter(verdicts)
    judged = {place: [next(left) for _test in found.tests] for place, found in tests.items()}
    grades = []
    for place, claim in enumerate(asked):
        match claim:
            case SettingClaim():
                grades.append(_setting(claim, runs))
            case CountClaim():
                grades.append(_count(claim, submission))
            case FigureClaim() if claim.seeds is None:
                grades.append(_figure(claim, runs))
            case FigureClaim():
                grades.append(_seeds(claim, tests[place], judged[place]))
    return grades


# ---- settings -------------------------------------------------------------------------------------------------------


def keeps_to(claim: SettingClaim, experiment: Experiment) -> bool:
    """Whether an experiment has the setting that is asked for."""
    value = experiment.value(claim.field)
    if isinstance(claim.value, str):
        return str(value) == claim.value
    if value is None or isinstance(value, str):  # all images are no number of them
        return False
    if claim.high is not None:
        return claim.value <= float(value) <= claim.high
    return OPERATORS[claim.sign](float(value), claim.value)


def in_scope(scope: ClaimScope, experiment: Experiment) -> bool:
    """Whether a claim is about this experiment."""
    return scope.dataset in ("", experiment.dataset) and scope.count in (None, experiment.count)


def _setting(claim: SettingClaim, runs: Sequence[JudgedRun]) -> ClaimGrade:
    about = [run for run in runs if run.experiment is None or in_scope(claim.scope, run.experiment)]
    for run in about:
        if run.experiment is None:
            return ClaimGrade(claim.text, "cannot tell", _not_counted(run))
        if not keeps_to(claim, run.experiment):
            called = next((short for short, name in ALIASES.items() if name == claim.field), claim.field)
            value = value_text(run.experiment.value(claim.field))
            return ClaimGrade(claim.text, "fail", N_(f"Run {run.short_id} has {called} = {value}."))
    changed = [run.short_id for run in about if run.run.changed and claim.field in HOT_FIELDS]
    if changed:
        return ClaimGrade(
            claim.text, "cannot tell", N_(f"It was changed while run {', '.join(changed)} trained.")
        )
    if not about:
        return ClaimGrade(claim.text, "cannot tell", _nothing(claim.scope))
    n = len(about)
    said = N_(f"So in {n} run.") if n == 1 else N_(f"So in {n} runs.")
    return ClaimGrade(claim.text, "pass", said)


# ---- what was answered ----------------------------------------------------------------------------------------------


def _count(claim: CountClaim, submission: Submission) -> ClaimGrade:
    if claim.what == "runs":
        found, of = len(submission.runs), len(submission.runs)
    else:
        asked = [
            answer
            for answer in submission.answers
            if f"{answer.kind}s" == claim.what and claim.lesson in ("", answer.lesson)
        ]
        found, of = sum(not answer.missing for answer in asked), len(asked)
    holds = OPERATORS[claim.sign](found, claim.number)
    why = N_(f"Answered: {found} of {of}.")
    if claim.what == "runs":
        why = N_(f"There is {found} run.") if found == 1 else N_(f"There are {found} runs.")
    return ClaimGrade(claim.text, "pass" if holds else "fail", why)


# ---- figures of one run ---------------------------------------------------------------------------------------------


def _figure(claim: FigureClaim, runs: Sequence[JudgedRun]) -> ClaimGrade:
    pairs = [(run, sides) for run in _countable(claim, runs) if (sides := _sides(claim, run)) is not None]
    if not pairs:
        return ClaimGrade(claim.text, "cannot tell", _why_none(claim, runs))
    holding = [one for one in pairs if OPERATORS[claim.sign](*one[1])]
    run, (left, right) = min(holding or pairs, key=lambda one: _towards(claim, *one[1]))
    said = N_(f"Run {run.short_id}: {_number(left)} against {_number(right)}.")
    return ClaimGrade(claim.text, "pass" if holding else "fail", said)


def _towards(claim: FigureClaim, left: float, right: float) -> float:
    """The smaller, the more it speaks for the claim."""
    return abs(left - right) if claim.sign == "=" else right - left if ">" in claim.sign else left - right


def _countable(claim: FigureClaim, runs: Sequence[JudgedRun]) -> list[JudgedRun]:
    return [
        run for run in runs if not run.problem and run.experiment and in_scope(claim.scope, run.experiment)
    ]


def _sides(claim: FigureClaim, run: JudgedRun) -> tuple[float, float] | None:
    left = run.value(claim.left)
    right = run.value(claim.right) if isinstance(claim.right, ClaimFigure) else claim.right
    return None if left is None or right is None else (left, right)


def _why_none(claim: FigureClaim, runs: Sequence[JudgedRun]) -> str:
    about = [run for run in runs if run.experiment is None or in_scope(claim.scope, run.experiment)]
    if not about:
        return _nothing(claim.scope)
    problem = next((run for run in about if run.problem), None)
    if problem is not None:
        return _not_counted(problem)
    return N_(f"Run {about[0].short_id} has no {claim.left.measure} of these networks.")


# ---- figures over seeds ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairedTest:
    """The test of one recipe over its seeds."""

    difference: Difference
    seeds: int


@dataclass(frozen=True)
class RecipeTests:
    """The tests of a claim, one a recipe that has enough seeds, and the most seeds that any recipe has."""

    tests: tuple[PairedTest, ...]
    most: int
    why_none: str = ""


def _over_seeds(claim: AssignmentClaim) -> bool:
    return isinstance(claim, FigureClaim) and claim.seeds is not None


def _paired_tests(claim: AssignmentClaim, runs: Sequence[JudgedRun]) -> RecipeTests:
    assert isinstance(claim, FigureClaim)
    assert claim.seeds is not None
    recipes: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    for run in _countable(claim, runs):
        if run.experiment is not None and (sides := _sides(claim, run)) is not None:
            recipes[_recipe(run.experiment)].setdefault(run.experiment.init_seed, sides)
    tests, most = [], 0
    for by_seed in recipes.values():
        wanted = claim.seeds.exactly or tuple(sorted(by_seed))
        there = [by_seed[seed] for seed in wanted if seed in by_seed]
        most = max(most, len(there))
        if len(there) >= claim.seeds.least:
            tests.append(PairedTest(_difference(claim, there), len(there)))
    return RecipeTests(tuple(tests), most, "" if recipes else _why_none(claim, runs))


def _difference(claim: FigureClaim, sides: Sequence[tuple[float, float]]) -> Difference:
    """The paired test of a claim that names beforehand who has less."""
    left, right = [one[0] for one in sides], [one[1] for one in sides]
    less, more = (right, left) if ">" in claim.sign else (left, right)
    measure: Literal["errors", "nll"] = "errors" if claim.left.measure == "errors" else "nll"
    return compare(less, more, measure, asked="less")


def _recipe(experiment: Experiment) -> str:
    """What runs of one recipe have in common."""
    values = {name: value for name, value in experiment.identity().items() if name not in OTHER_SEEDS}
    return json.dumps(values, sort_keys=True)


def _seeds(claim: FigureClaim, found: RecipeTests, verdicts: Sequence[Verdict]) -> ClaimGrade:
    assert claim.seeds is not None
    if not found.tests:
        return ClaimGrade(claim.text, "cannot tell", found.why_none or _too_few(claim.seeds, found.most))
    test, verdict = min(
        zip(found.tests, verdicts, strict=True), key=lambda one: (not one[1].holds, one[0].difference.p)
    )
    difference = test.difference
    mean, seeds, p = f"{difference.mean:+.4g}", test.seeds, f"{difference.p:.2g}"
    if verdict.holds:
        said = N_(f"Mean difference {mean} over {seeds} seeds, p = {p}.")
        return ClaimGrade(claim.text, "pass", said)
    if difference.mean >= 0:
        said = N_(f"Mean difference {mean} over {seeds} seeds, p = {p}: it is the other way round.")
        return ClaimGrade(claim.text, "fail", said)
    said = N_(f"Mean difference {mean} over {seeds} seeds, p = {p}: chance could make it.")
    if (more := verdict.seeds) is not None:
        said = N_(
            f"Mean difference {mean} over {seeds} seeds, p = {p}: chance could make it; {more} seeds could tell."
        )
        if more > MOST_SEEDS:
            said = N_(
                f"Mean difference {mean} over {seeds} seeds, p = {p}: chance could make it; more than {MOST_SEEDS} seeds needed."
            )
    return ClaimGrade(claim.text, "cannot tell", said)


# ---- words ----------------------------------------------------------------------------------------------------------


def _nothing(scope: ClaimScope) -> str:
    if scope == ClaimScope():
        return N_("No run was handed in.")
    if scope.count is None:
        return N_(f"No run that was handed in is on {scope.dataset}.")
    return N_(f"No run that was handed in is on {scope.dataset} with {scope.count} images.")


def _not_counted(run: JudgedRun) -> str:
    return N_(f"Run {run.short_id} does not count: {run.problem.rstrip('.')}.")


def _too_few(seeds: ClaimSeeds, most: int) -> str:
    if seeds.exactly:
        first, last = seeds.exactly[0], seeds.exactly[-1]
        return N_(f"It takes the seeds {first} to {last} of one recipe; there are {most} of them.")
    return N_(f"It takes {seeds.least} seeds of one recipe; there are {most} of them.")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


def broken_limits(runs: Sequence[JudgedRun], asked: Sequence[AssignmentClaim]) -> Iterator[JudgedRun]:
    """The runs that do not keep to a setting that the assignment asks for: training them again would tell nothing."""
    for run in runs:
        for claim in asked:
            if (
                isinstance(claim, SettingClaim)
                and run.experiment is not None
                and in_scope(claim.scope, run.experiment)
                and not keeps_to(claim, run.experiment)
            ):
                yield run
                break
