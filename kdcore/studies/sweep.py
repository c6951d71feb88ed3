"""A sweep: one experiment with some of its fields varied, each setting with the same seeds; and what its figure supports.

Its members are experiments. Those that can share a loop are trained as one cohort (`kdcore.pipelines.cohort_spec`); whoever was trained
before is found by hash, so that a sweep trains only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from reprlib import repr as short
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kdcore.errors import InvalidExperiment
from kdcore.events import Event
from kdcore.experiment import CANNOT_RUN, FLAT_FIELDS, Experiment
from kdcore.pipelines.cohort_spec import CohortSpec, group_into_cohorts, is_distillation_field, twin_of
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import (
    PARAMETER_PREFIX,
    is_logarithmic,
    numeric_range,
    seeded,
    setting_of,
    with_setting,
)
from kdcore.runs.recorder import record_run
from kdcore.runs.store import RESUMABLE, Run, Store, digest
from kdcore.studies.sweep_findings import Tried, called, findings, sentence, shown

OWNER = "sweep"
ALIASES = {"T": "temperature", "weight": "teacher_weight", "size": "student"}
WORDS = {"all": None, "yes": True, "no": False, "true": True, "false": False}
MOST_VALUES, MOST_SEEDS, MOST_MEMBERS, MOST_FIELDS = 100, 50, 1000, 4
Value = bool | int | float | str | tuple[int, ...] | None
Sampler = Literal["grid", "random", "bayesian"]


class Sweep(BaseModel):
    """What is varied, over which values, with how many seeds.

    vary: values by flat field, or by `parameters.<name>` for a method's own setting. With `grid` every combination is a
    setting. With `random` and `bayesian` there are `trials` settings: of a field of numbers any number between the
    smallest and the largest of its values, of another one of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    base: Experiment
    vary: dict[str, tuple[Value, ...]]
    seeds: int = Field(3, ge=1, le=MOST_SEEDS)
    sampler: Sampler = "grid"
    trials: int = Field(default=20, ge=1, le=MOST_MEMBERS)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, said: Any) -> Any:
        """What is varied does not matter in the base: two ways to say one sweep are one sweep."""
        if not isinstance(said, Mapping) or not isinstance(said.get("vary"), Mapping):
            return said
        base = said.get("base")
        experiment = base if isinstance(base, Experiment) else Experiment.read(base or {})
        vary = {
            name: tuple(dict.fromkeys(_checked(experiment, name, value) for value in values))
            for name, values in said["vary"].items()
        }
        grid = {"trials": 20} if said.get("sampler", "grid") == "grid" else {}
        return {**said, **grid, "vary": vary, "base": _settled(experiment, vary)}

    @model_validator(mode="after")
    def _in_bounds(self) -> Sweep:
        if not 1 <= len(self.vary) <= MOST_FIELDS:
            raise InvalidExperiment(f"A sweep varies 1 to {MOST_FIELDS} fields.")
        for name, values in self.vary.items():
            if not 1 <= len(values) <= MOST_VALUES:
                raise InvalidExperiment(f"{name}: a sweep takes 1 to {MOST_VALUES} values of a field.")
        if self.size > MOST_MEMBERS:
            raise InvalidExperiment(
                f"This sweep would train {self.size:,} students; it may train {MOST_MEMBERS:,}. "
                "Take fewer values or fewer seeds."
            )
        return self

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Sweep:
        """Build from JSON-like values.

        Raises:
            InvalidExperiment: one sentence for what is wrong.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise InvalidExperiment(_sentence(error)) from error

    @classmethod
    def from_json(cls, text: str) -> Sweep:
        """Read what `to_json` wrote, or a file that a user edited.

        Raises:
            InvalidExperiment: the text is no JSON object, or something in it is wrong.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidExperiment(
                f"The sweep is not JSON: {error}. Export it again, or mend the file."
            ) from error
        if not isinstance(values, dict):
            raise InvalidExperiment("The sweep is not a JSON object. Export it again, or mend the file.")
        return cls.read(values)

    def to_json(self) -> str:
        """The sweep as canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """Names the sweep, not the machine: 16 hex digits."""
        base = self.base.with_flat(device="auto", threads=0)
        said = self.model_dump(mode="json") | {"base": base.model_dump(mode="json")}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def search(self) -> SearchSpec | None:
        """The search that a Bayesian sweep is; None for one whose settings are known beforehand."""
        if self.sampler != "bayesian":
            return None
        return SearchSpec(self.base, self.vary, self.seeds, self.trials)

    @property
    def size(self) -> int:
        """How many students it trains."""
        settings = self.trials if self.sampler != "grid" else math.prod(map(len, self.vary.values()))
        return settings * self.seeds

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """The settings that are known before anything is trained; a Bayesian sweep finds them on its way."""
        match self.sampler:
            case "grid":
                return [dict(zip(self.vary, values, strict=True)) for values in product(*self.vary.values())]
            case "random":
                draw = random.Random(0)
                return [
                    {name: _drawn(draw, name, values) for name, values in self.vary.items()}
                    for _ in range(self.trials)
                ]
            case "bayesian":
                return []

    @cached_property
    def members(self) -> list[SweepMember]:
        """Every setting with every seed, setting by setting, as far as they are known beforehand: see `members`."""
        return self.members_of(self.settings)

    def members_of(self, settings: Sequence[Mapping[str, Any]]) -> list[SweepMember]:
        """These settings with every seed."""
        return [
            SweepMember(dict(setting), seed, seeded(with_setting(self.base, setting), seed))
            for setting in settings
            for seed in range(self.seeds)
        ]


@dataclass(frozen=True)
class SweepMember:
    """One setting with one seed."""

    setting: dict[str, Any]
    seed: int
    experiment: Experiment


@dataclass(frozen=True)
class FoundMember:
    """A member and the finished run that trained it, or None."""

    member: SweepMember
    run: Run | None


def values_of(name: str, text: str) -> tuple[str, tuple[Any, ...]]:
    """A field's name, and the values that a person wrote: `1,2,4`, whole numbers `1..20`, classes `3+8`, networks, `all`.

    Raises:
        InvalidExperiment: there is no such field, or a value that it does not take.
    """
    name = ALIASES.get(
        name.strip(), name.strip().replace("-", "_") if PARAMETER_PREFIX not in name else name.strip()
    )
    if not name.startswith(PARAMETER_PREFIX) and name not in FLAT_FIELDS:
        raise InvalidExperiment(f"An experiment has no field '{name}' to vary.")
    parts = [part.strip() for part in text.split(",") if part.strip()]
    values = tuple(dict.fromkeys(value for part in parts for value in _values(name, part)))
    if not values:
        raise InvalidExperiment(
            f"{name}: there are no values to try. Write them with commas between them, such as 1,2,4."
        )
    return name, values


def _values(name: str, part: str) -> list[Any]:
    if span := re.fullmatch(r"(-?\d{1,9})\.\.(-?\d{1,9})", part):
        low, high = int(span[1]), int(span[2])
        if not 0 <= high - low < MOST_VALUES:
            raise InvalidExperiment(f"{name} = {part}: a range goes up, over at most {MOST_VALUES} values.")
        return [*range(low, high + 1)]
    if name == "omit":
        return [tuple(int(c) for c in part.split("+") if c.isdecimal())]
    kind = FLAT_FIELDS[name].info.annotation if name in FLAT_FIELDS else float
    if kind is str or (name in FLAT_FIELDS and FLAT_FIELDS[name].choices):
        return [part]
    if part in WORDS:
        return [WORDS[part]]
    try:
        value = float(part)
    except ValueError:
        takes = FLAT_FIELDS[name].takes if name in FLAT_FIELDS else "a number"
        raise InvalidExperiment(f"{name} = {short(part)[1:-1]}: it takes {takes}.") from None
    return [int(value) if value.is_integer() else value]


def _settled(base: Experiment, vary: Mapping[str, Sequence[Any]]) -> Experiment:
    first = {name: values[0] for name, values in vary.items() if values}
    return seeded(with_setting(base, first), 0)


def _drawn(draw: random.Random, name: str, values: Sequence[Any]) -> Any:
    if (ends := numeric_range(values)) is None:
        return draw.choice(list(values))
    low, high = ends
    if all(isinstance(value, int) for value in values):
        return draw.randint(int(low), int(high))
    value = (
        math.exp(draw.uniform(math.log(low), math.log(high)))
        if is_logarithmic(low, high)
        else draw.uniform(low, high)
    )
    return float(f"{value:.4g}")


def _checked(base: Experiment, name: str, value: Any) -> Any:
    """The value as the field holds it, so that 4 and 4.0 are one."""
    try:
        changed = with_setting(base, {name: value})
    except InvalidExperiment as error:  # said as `values_of` says it of a value that is no number
        raise InvalidExperiment(str(error).removeprefix(CANNOT_RUN).lstrip()) from error
    if name.startswith(PARAMETER_PREFIX):
        return changed.parameters[name.removeprefix(PARAMETER_PREFIX)]
    return changed.flat()[name]


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return (
        f"This sweep cannot run. {where}: {first['msg']}."
        if where
        else f"This sweep cannot run. {first['msg']}."
    )


# ---- training what is missing ---------------------------------------------------------------------------------------


def found(members: Iterable[SweepMember], store: Store) -> list[FoundMember]:
    """Each member with the run that trained it, in this sweep or elsewhere."""
    wanted = list(members)
    there = store.all_unchanged_finished([member.experiment.hash for member in wanted])
    return [FoundMember(member, there.get(member.experiment.hash)) for member in wanted]


def members(sweep: Sweep, store: Store) -> list[SweepMember]:
    """The sweep's members; of a Bayesian one those that its search has trained."""
    if sweep.search is None:
        return sweep.members
    trained = [run.experiment for run in store.finished_of(sweep.hash) if not run.cohort]
    drawn = [
        SweepMember(setting_of(e, [*sweep.vary]), e.init_seed, e)
        for e in {e.hash: e for e in trained}.values()
    ]
    return sorted(drawn, key=lambda member: (json.dumps(member.setting, sort_keys=True), member.seed))


def missing(sweep: Sweep, store: Store) -> list[CohortSpec | SearchSpec]:
    """The cohorts in which what is not there yet can be trained; one member alone where it cannot share a loop."""
    from kdcore.pipelines.cohort_pipeline import can_share_loop

    if (search := sweep.search) is not None:
        return [] if any(run.status == "finished" for run in store.runs(hash=search.hash)) else [search]
    wanted = [f.member.experiment for f in found(sweep.members, store) if f.run is None]
    together = group_into_cohorts(e for e in wanted if can_share_loop(e))
    return [*together, *(CohortSpec((e,)) for e in wanted if not can_share_loop(e))]


def begin(sweep: Sweep, lineup: CohortSpec | SearchSpec, store: Store, owner: str, **more: Any) -> Run:
    """Write down the run of a cohort; an ordinary run where it is one experiment that trains something first."""
    cohort = lineup if can_share(lineup) else None
    first = lineup.experiments[0]
    return store.create(first, owner, title=title(sweep), lineup=cohort, sweep=sweep.hash, **more)


def train(
    sweep: Sweep,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    around: Callable[[Store, str], AbstractContextManager[Any]] = lambda store, run_id: nullcontext(),
) -> Iterator[Run]:
    """Train in this process what is missing, cohort by cohort; each run as it ended, also where it did not finish.

    A cohort that was interrupted goes on where it was. `around` is entered while one trains.
    """
    for lineup in missing(sweep, store):
        left = [run for run in store.runs(hash=lineup.hash) if run.status in RESUMABLE]
        run = left[0] if left else begin(sweep, lineup, store, OWNER, status="running")
        with around(store, run.id):
            yield record_run(store, run.id, data_folder=data_folder, watch=watch)


def start(sweep: Sweep, store: Store, owner: str) -> int:
    """Queue what is missing of the sweep; returns how many students will be trained.

    What waits or trains already is left as it is, whoever began it; what this owner left goes on where it was.

    Raises:
        StillroomError: a setting cannot run, in a sentence.
    """
    from kdcore.data import catalogue
    from kdcore.pipelines import checks

    for experiment in corners(sweep):
        checks.check(experiment, data_folder=catalogue.data_folder(), runs_folder=store.folder)
    students = 0
    for lineup in missing(sweep, store):
        students += sweep.size if isinstance(lineup, SearchSpec) else len(lineup.experiments)
        hash = lineup.hash if can_share(lineup) else lineup.experiments[0].hash
        begun = [run for run in store.runs(hash=hash) if run.status != "finished"]
        left = [run for run in begun if run.status in RESUMABLE and run.owner == digest(owner)]
        if any(run.live or run.status == "queued" for run in begun):
            continue
        if left:
            store.requeue(left[0].id)
        else:
            begin(sweep, lineup, store, owner)
    return students


def corners(sweep: Sweep) -> list[Experiment]:
    """Experiments that show whether the sweep can run: its members, or each value of a search by itself."""
    settings = [member.experiment for member in sweep.members]
    if sweep.search is not None:
        settings = [
            with_setting(sweep.base, {name: v}) for name, values in sweep.vary.items() for v in values
        ]
        if not all(map(can_share, (CohortSpec((one,)) for one in settings))):
            raise InvalidExperiment(
                "A Bayesian sweep cannot take a method that trains something first. Choose grid or random."
            )
    return [*{experiment.hash: experiment for experiment in settings}.values()]


def can_share(lineup: CohortSpec | SearchSpec) -> bool:
    """Whether the cohort is trained in one loop; else it is one experiment that trains something first."""
    from kdcore.pipelines.cohort_pipeline import can_share_loop

    return isinstance(lineup, SearchSpec) or can_share_loop(lineup.experiments[0])


def title(sweep: Sweep) -> str:
    """What the sweep's runs are called."""
    return f"sweep: {' x '.join(sweep.vary)}"


# ---- what was found -------------------------------------------------------------------------------------------------


def rows(trained: Sequence[FoundMember]) -> list[dict[str, Any]]:
    """One row a student in the sweep's order, then one a distinct twin: setting, seed, role, errors, accuracy, run."""
    there = [(f.member, f.run) for f in trained if f.run is not None]
    twins = {twin_of(member.experiment).hash: (member, run) for member, run in reversed(there)}
    return [
        *(_row("student", member, run) for member, run in there),
        *(_row("twin", member, run) for member, run in reversed(twins.values())),
    ]


def _row(role: str, member: SweepMember, run: Run) -> dict[str, Any]:
    tested, experiment, asks = run.results[role], member.experiment, role == "student"
    return {
        **{name: value for name, value in member.setting.items() if asks or not is_distillation_field(name)},
        "temperature": experiment.temperature if asks else None,
        "teacher_weight": experiment.teacher_weight if asks else None,
        "seed": member.seed,
        "role": role,
        "network": tested["network"],
        "parameters": tested["parameters"],
        "test_errors": tested["test_errors"],
        "test_images": tested["test_images"],
        "test_accuracy": tested["test_accuracy"],
        "val_errors": tested["val_errors"],
        "val_images": tested["val_images"],
        "val_accuracy": 1 - tested["val_errors"] / tested["val_images"],
        "hash": experiment.hash,
        "run": run.id,
    }


def tried(trained: Sequence[FoundMember]) -> list[Tried]:
    """The settings whose every seed is there, with their errors by seed."""
    by_setting: dict[str, list[FoundMember]] = {}
    for f in trained:
        by_setting.setdefault(json.dumps(f.member.setting, sort_keys=True), []).append(f)
    return [_tried(group) for group in by_setting.values() if all(f.run is not None for f in group)]


def _tried(group: Sequence[FoundMember]) -> Tried:
    results = [f.run.results for f in group if f.run is not None]
    return Tried(
        group[0].member.setting,
        tuple(r["student"]["test_errors"] for r in results),
        tuple(r["student"]["val_errors"] for r in results),
        tuple(r["twin"]["test_errors"] for r in results),
        results[0]["student"]["test_images"],
    )


def supported(trained: Sequence[FoundMember], say: Callable[[str], str] = str) -> str:
    """What the sweep's figure supports, in a sentence; `say` translates."""
    return sentence(findings(tried(trained)), say)


def as_json(sweep: Sweep, trained: Sequence[FoundMember], fresh: int) -> dict[str, Any]:
    """The sweep with what it found as one JSON value; `fresh`: how many of its students were trained just now."""
    return {
        "sweep": sweep.hash,
        "definition": sweep.model_dump(mode="json"),
        "trained": fresh,
        "found": sum(f.run is not None for f in trained) - fresh,
        "sentence": supported(trained),
        "members": rows(trained),
    }


def table(trained: Sequence[FoundMember]) -> list[list[str]]:
    """Head and lines: a setting's errors and its twin's, mean and standard deviation over the seeds; the gain's mean and
    its standard error."""
    whole = tried(trained)
    fields = list(whole[0].setting) if whole else []
    seeds = max((len(one.errors) for one in whole), default=0)
    deviation, error = (" (mean ± SD)", " (mean ± SE)") if seeds > 1 else ("", "")
    lines = []
    for one in whole:
        gain = one.against_twin
        spread = f" ± {gain.standard_error:.1f}" if len(one.errors) > 1 else ""
        lines.append(
            [
                *(shown(one.setting[name]) for name in fields),
                _spread(one.validation),
                _spread(one.errors),
                _spread(one.twin),
                f"{-gain.mean:+.1f}{spread}",
            ]
        )
    heads = [
        *(name + deviation for name in ("validation errors", "test errors", "twin's")),
        f"fewer than twin{error}",
    ]
    return [[*map(called, fields), *heads], *lines]


def _spread(values: Sequence[int]) -> str:
    if len(values) == 1:
        return f"{values[0]}"
    return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}"
