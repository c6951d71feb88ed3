"""Runs by what sets them apart: the fields in which they differ, and what a sweep gave its member."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import PARAMETER_PREFIX
from kdcore.runs.store import Run

LONGEST = 36
"""Characters of a name, where fewer fields or a cut leave the runs apart."""
TAIL = 12
SEED = "init_seed"
"""The seed that is meant where no other is named."""
SEEDS = (SEED, "order_seed", "teacher_seed", "noise_seed", "split_seed")
FIRST = ("method", "teacher", "student", "temperature", "teacher_weight")
Part = Callable[[str, Any], str]
"""(field, value) -> how a name says it."""


def apart(experiments: Sequence[Experiment]) -> list[dict[str, Any]]:
    """What each experiment has of the fields in which they differ, in the order of a name: seeds last.

    A seed that goes with the students' own is left out, and a method's own setting that an experiment leaves alone.
    """
    flat = [_flat(one) for one in experiments]
    there = dict.fromkeys(name for values in flat for name in values)
    fields = [name for name in there if any(values.get(name) != flat[0].get(name) for values in flat)]
    if SEED in fields:
        fields = [
            name
            for name in fields
            if name not in SEEDS[1:] or any(values[name] != values[SEED] for values in flat)
        ]
    fields.sort(key=lambda name: (name in SEEDS, FIRST.index(name) if name in FIRST else len(FIRST)))
    return [{name: values[name] for name in fields if name in values} for values in flat]


def of_member(run: Run) -> dict[str, Any]:
    """What a sweep gave its member, in the order of its title, and the seed; empty for any other run."""
    if not run.sweep or run.cohort:
        return {}
    flat = _flat(run.experiment)
    varied = run.title.removeprefix("sweep: ").split(" x ")
    return {name: flat[name] for name in (*varied, SEED) if name in flat}


def names(runs: Sequence[Run], part: Part) -> list[str]:
    """Every run by all in which it differs from the others; too long ones by as much of it as leaves the runs apart.

    Where nothing differs, a sweep's member is called by what the sweep gave it, and another run not at all.
    """
    said = [
        {name: part(name, value) for name, value in (differs or of_member(run)).items()}
        for differs, run in zip(apart([run.experiment for run in runs]), runs, strict=True)
    ]
    fields = list(dict.fromkeys(name for parts in said for name in parts))
    whole = kept = _joined(said, fields)
    for name in reversed(fields):
        without = [field for field in fields if field != name]
        if len(runs) == 1 or _fit(kept):
            break
        if without and len(set(_joined(said, without))) == len(set(whole)):
            fields, kept = without, _joined(said, without)
    cut = [_cut(name) for name in kept]
    return cut if len(set(cut)) == len(set(kept)) > 1 else kept


def _joined(said: Sequence[Mapping[str, str]], fields: Sequence[str]) -> list[str]:
    return [", ".join(parts[name] for name in fields if name in parts) for parts in said]


def _fit(called: Sequence[str]) -> bool:
    return all(len(name) <= LONGEST for name in called)


def _cut(name: str) -> str:
    """Without its middle: what sets runs apart often stands at the end."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - TAIL - 1]}…{name[-TAIL:]}"


def _flat(experiment: Experiment) -> dict[str, Any]:
    """Every field by its flat name, a method's own settings each by its own."""
    flat = experiment.flat()
    own = flat.pop("parameters")
    return flat | {PARAMETER_PREFIX + name: value for name, value in own.items()}
