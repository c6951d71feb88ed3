"""Methods beside each other: one teacher, one student, one budget, the same seeds and batches; each run in the store.

What was measured before is found by its experiment's hash, so that an interrupted comparison goes on where it was.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kdcore.errors import InvalidExperiment, StillroomError
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.installation import assets_folder
from kdcore.methods.registry import method, methods
from kdcore.methods.stages import uncalibrated
from kdcore.pipelines.checks import check
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.store import Store
from kdcore.studies.claims import Measure, Verdict, claims, seeds_text
from kdcore.studies.claims import compare as paired
from kdcore.studies.converged_budget import ConvergedBudget
from kdcore.studies.preset_verification import finished_run
from kdcore.texts import MARK, N_, UNCALIBRATED, signed

Say = Callable[[str], str]

NOT_COMPARED = ("labels-only",)
"""The twin of every run is this one."""
BESIDE = "soft-targets"
"""What a method's seconds are divided by."""
MEASURED = assets_folder() / "methods"


@dataclass(frozen=True)
class Row:
    """A method's test errors by seed beside its twin's, and what its students' training and what came before cost.

    student_nll, twin_nll: mean negative log-likelihood on test by seed, nats per image; empty where it was not kept, as are
    those that follow. student_nll_fitted: after one temperature that was fitted on validation (Guo et al. 2017).
    student_ece, twin_ece: expected calibration error, 0 to 1. student_agreement, twin_agreement: with the teacher, 0 to 1.

    learning_rate: the student's, and by_rate its validation errors with the first seed, by the rates that were tried; 0
    where none was searched for. mean_by_rate: the mean with all seeds of the search, by the rates at which all were tried. val_errors: by
    seed; val_errors_at_half: with the first seed after half the epochs.

    seconds: of the processor (all threads together), so that other work on the machine matters little; only of runs that
    trained by themselves. A twin that was found costs what it took where it was trained.
    images: how many are in the test. parameters: of `teacher`, `twin` and `student`. teacher_errors: None without a
    teacher. refused: why it cannot run with these networks, in a sentence; then nothing was measured.
    """

    method: str
    student: tuple[int, ...] = ()
    twin: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    refused: str = ""
    images: int = 0
    parameters: Mapping[str, int] = field(default_factory=dict)
    teacher_errors: int | None = None
    student_nll: tuple[float, ...] = ()
    twin_nll: tuple[float, ...] = ()
    student_nll_fitted: tuple[float, ...] = ()
    student_ece: tuple[float, ...] = ()
    twin_ece: tuple[float, ...] = ()
    student_agreement: tuple[float, ...] = ()
    twin_agreement: tuple[float, ...] = ()
    learning_rate: float = 0.0
    by_rate: Mapping[str, int] = field(default_factory=dict)
    mean_by_rate: Mapping[str, float] = field(default_factory=dict)
    val_errors: tuple[int, ...] = ()
    val_errors_at_half: int | None = None


SEED_BY_SEED = tuple(f.name for f in fields(Row) if str(f.type).startswith("tuple"))
"""The fields of a row that hold a figure per seed."""


@dataclass(frozen=True)
class Comparison:
    """What one call of `compare` measured: its command, the experiment that all methods share, one row per method.

    budget: the evidence that the twin has converged at the experiment's epochs; None where it was not asked for.
    """

    name: str
    command: str
    experiment: Experiment
    rows: tuple[Row, ...]
    budget: ConvergedBudget | None = None


def kept(folder: Path = MEASURED) -> list[Comparison]:
    """The comparisons that come with the program: those at a converged budget first, and MNIST before other images."""
    found = [_read(path) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: (one.budget is None, one.experiment.dataset != "mnist"))


def _read(path: Path) -> Comparison:
    told = json.loads(path.read_text(encoding="utf-8"))
    rows = tuple(
        Row(**row | {name: tuple(row[name]) for name in SEED_BY_SEED if name in row}) for row in told["rows"]
    )
    budget = ConvergedBudget.from_json(told["budget"]) if "budget" in told else None
    return Comparison(path.stem, told["command"], Experiment.read(told["experiment"]), rows, budget)


def known_from(path: Path | None, base: Experiment) -> tuple[Row, ...]:
    """The lines that a file holds of the same comparison: the same experiment but for the method and the machine."""
    if path is None or not path.exists():
        return ()
    found = _read(path)
    return found.rows if _shared(found.experiment) == _shared(base) else ()


def known_budget(path: Path | None, base: Experiment) -> ConvergedBudget | None:
    """The converged budget that a file holds of the same comparison; None where it holds none."""
    if path is None or not path.exists():
        return None
    found = _read(path)
    ours = base.with_flat(
        epochs=found.experiment.recipe.epochs, learning_rate=found.experiment.recipe.learning_rate
    )
    return found.budget if _shared(found.experiment) == _shared(ours) else None


def _shared(experiment: Experiment) -> Experiment:
    return experiment.with_flat(method=BESIDE, parameters={}, device="auto", threads=0)


def chosen(names: str) -> list[str]:
    """The methods that `all`, or names with commas between them, stand for.

    Raises:
        InvalidExperiment: there is no method of a name.
    """
    if names == "all":
        return [name for name in methods() if name not in NOT_COMPARED]
    return [method(name.strip()).CARD.name for name in names.split(",")]


def compare(
    base: Experiment,
    names: Sequence[str],
    seeds: int,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    known: Iterable[Row] = (),
) -> Iterator[Row]:
    """Measure the methods one after another, each with seeds 0 to `seeds` - 1 and its card's own settings.

    `known`: lines that were measured before. Their seeds are taken as they are, and only further ones are trained.

    Raises:
        InvalidExperiment: no seed.
        RunRefused: a run failed.
    """
    if seeds < 1:
        raise InvalidExperiment(f"--seeds {seeds}: methods are compared with one seed or more.")
    there = {row.method: row for row in known}
    scratch = ScratchRuns(base, store, data_folder, watch)
    for name in names:
        row = there.get(name, Row(name))
        further = range(len(row.student), seeds)
        if not further:
            yield row
            continue
        experiment = base.with_flat(method=name, parameters={})
        try:
            check(experiment, data_folder=data_folder, runs_folder=store.folder)
        except StillroomError as error:
            yield Row(name, refused=str(error))
            continue
        runs = {
            seed: finished_run(seeded(experiment, seed), f"compare: {name}", store, data_folder, watch)
            for seed in further
        }
        results = {seed: run.results for seed, run in runs.items()}
        yield with_further_seeds(row, row_of(name, results, scratch))


@dataclass(frozen=True)
class ScratchRuns:
    """Runs of the student on labels alone, which tell what a twin costs that was found; each is trained when it is asked for."""

    base: Experiment
    store: Store
    data_folder: Path
    watch: Callable[[Iterable[Event]], Iterable[Event]]

    def seconds(self, seed: int) -> float | None:
        """Of the processor, for one network; None where others were trained in the same loop."""
        experiment = seeded(self.base.with_flat(method="labels-only", parameters={}), seed)
        run = finished_run(experiment, "compare: labels-only", self.store, self.data_folder, self.watch)
        if run.others:
            return None
        networks = 1 if run.results.get("twin_run") else 2
        return float(run.results["processor_seconds"]["students"]) / networks


def seconds_of(results: Mapping[str, Any], scratch: ScratchRuns, seed: int) -> float | None:
    """Of the processor, for twin and student and what came before; None where others were trained in the same loop."""
    if results.get("together_with"):
        return None
    own = float(sum(results["processor_seconds"].values()))
    if not results.get("twin_run"):
        return own
    twin = scratch.seconds(seed)
    return None if twin is None else own + twin


def row_of(name: str, by_seed: Mapping[int, Mapping[str, Any]], scratch: ScratchRuns) -> Row:
    """What the runs of a method found. by_seed: their results."""
    results = list(by_seed.values())
    first = results[0]
    seconds = [seconds_of(found, scratch, seed) for seed, found in by_seed.items()]
    return Row(
        name,
        tuple(found["student"]["test_errors"] for found in results),
        tuple(found["twin"]["test_errors"] for found in results),
        tuple(one for one in seconds if one is not None),
        images=first["student"]["test_images"],
        parameters={w: first[w]["parameters"] for w in ("teacher", "twin", "student") if w in first},
        teacher_errors=first["teacher"]["test_errors"] if "teacher" in first else None,
        student_nll=_by_seed(results, "student", "test_nll"),
        twin_nll=_by_seed(results, "twin", "test_nll"),
        student_nll_fitted=_by_seed(results, "student", "test_nll_fitted"),
        student_ece=_by_seed(results, "student", "test_ece"),
        twin_ece=_by_seed(results, "twin", "test_ece"),
        student_agreement=_by_seed(results, "student", "test_agreement"),
        twin_agreement=_by_seed(results, "twin", "test_agreement"),
    )


def with_further_seeds(row: Row, further: Row) -> Row:
    """A row of several seeds and one of those that follow them, as one. What either did not keep, the whole does not have.

    The seconds stay those of the first, as in the other rows: further seeds may have been trained on another machine.
    """
    if not row.student:
        return further
    both = {name: (getattr(row, name), getattr(further, name)) for name in SEED_BY_SEED}
    joined: dict[str, Any] = {name: old + new if old and new else () for name, (old, new) in both.items()}
    return replace(row, **joined | {"seconds": row.seconds})


def _by_seed(results: Sequence[Mapping[str, Any]], role: str, name: str) -> tuple[float, ...]:
    """Figures of a role by seed; empty where a run did not keep them."""
    return (
        tuple(found[role][name] for found in results) if all(name in found[role] for found in results) else ()
    )


def as_json(
    base: Experiment, rows: Sequence[Row], command: str, budget: ConvergedBudget | None = None
) -> dict[str, Any]:
    """The comparison as one JSON value, from which tables are made."""
    return {
        "command": command,
        **({} if budget is None else {"budget": budget.as_json()}),
        "experiment": base.with_flat(method=BESIDE, parameters={}).model_dump(mode="json"),
        "rows": [asdict(row) for row in rows],
    }


def verdicts(rows: Sequence[Row]) -> dict[tuple[str, Measure], Verdict]:
    """Of each method and measure, whether its student may be said to have less or more than its twin.

    Everything in the table is corrected together: all methods, errors and, where it is known, NLL.
    """
    asked: list[tuple[str, Measure]] = []
    differences = []
    for row in rows:
        if row.student:
            asked.append((row.method, "errors"))
            differences.append(paired(row.student, row.twin, "errors"))
        if row.student_nll:
            asked.append((row.method, "nll"))
            differences.append(paired(row.student_nll, row.twin_nll, "nll"))
    return dict(zip(asked, claims(differences), strict=True))


def table(rows: Sequence[Row], say: Say = str) -> list[list[str]]:
    """Head and lines: mean errors with their standard deviation, student minus twin (below zero is better), whether that may
    be claimed, and the time against soft targets; the same of NLL where it is known, and what a
    temperature fitted on validation makes of it. `say` translates.

    A method that cannot run with these networks says so in a column of its own.
    """
    beside = next(
        (statistics.median(row.seconds) for row in rows if row.method == BESIDE and row.seconds), None
    )
    judged, with_nll = verdicts(rows), any(row.student_nll for row in rows)
    lines = [_line(row, judged, beside, with_nll, say) for row in rows]
    nll = [
        N_("NLL"),
        N_("twin's NLL"),
        N_("NLL, student − twin"),
        N_("claimed in NLL"),
        N_("NLL at fitted T"),
    ]
    nll = nll if with_nll else []
    errors = [N_("errors"), N_("twin's errors"), N_("errors, student − twin"), N_("claimed in errors")]
    head = [N_("method"), *errors, *nll, N_("time")]
    head.append(N_("refused"))
    shown = len(head) if any(row.refused for row in rows) else -1
    return [line[:shown] for line in [[say(name) for name in head], *lines]]


def uncalibrated_methods(base: Experiment, rows: Sequence[Row]) -> dict[str, str]:
    """Of the measured methods whose students' probabilities cannot be taken at their word: why. base: what all share."""
    asked = {row.method: base.with_flat(method=row.method, parameters={}) for row in rows if row.student}
    return {name: why for name, experiment in asked.items() if (why := uncalibrated(experiment))}


def uncalibrated_notes(
    base: Experiment, rows: Sequence[Row], named: Callable[[str], str] = str, say: Say = str
) -> list[str]:
    """A sentence for each of these methods, marked as in the table. named: what the table calls a method."""
    return [
        f"{MARK} {named(name)}: {say(UNCALIBRATED).format(why=say(why))}"
        for name, why in uncalibrated_methods(base, rows).items()
    ]


def _line(
    row: Row,
    judged: Mapping[tuple[str, Measure], Verdict],
    beside: float | None,
    with_nll: bool,
    say: Say,
) -> list[str]:
    cells = _cells(row.student, row.twin, judged.get((row.method, "errors")), 1, say)
    if with_nll:
        cells += _cells(row.student_nll, row.twin_nll, judged.get((row.method, "nll")), 3, say)
        cells.append(_spread(row.student_nll_fitted, 3) if row.student_nll_fitted else "")
    return [row.method, *cells, _cost(row.seconds, beside), row.refused]


def _cells(
    student: Sequence[float], twin: Sequence[float], verdict: Verdict | None, digits: int, say: Say
) -> list[str]:
    """What student and twin made, their difference, and whether it may be claimed; empty where nothing was measured."""
    if verdict is None:
        return ["", "", "", ""]
    difference = verdict.difference
    apart = signed(difference.mean, digits)
    if len(student) > 1:
        apart += f" ± {difference.standard_error:.{digits}f}"
    return [_spread(student, digits), _spread(twin, digits), apart, claim_text(verdict, say)]


def claim_text(verdict: Verdict, say: Say = str) -> str:
    """What of a student beside its twin may be claimed, or how many seeds could tell."""
    if not verdict.holds:
        return seeds_text(verdict.seeds, say)
    if verdict.difference.measure == "errors":
        return say(N_("fewer errors") if verdict.less else N_("more errors"))
    return say(N_("lower NLL") if verdict.less else N_("higher NLL"))


def _cost(seconds: Sequence[float], beside: float | None) -> str:
    if not seconds:
        return ""
    typical = statistics.median(seconds)
    return f"{typical / beside:.1f} x" if beside else f"{typical:.1f} s"


def _spread(found: Sequence[float], digits: int) -> str:
    if len(found) == 1:
        return f"{found[0]:.{digits}f}" if isinstance(found[0], float) else f"{found[0]}"
    return f"{statistics.fmean(found):.{digits}f} ± {statistics.stdev(found):.{digits}f}"
