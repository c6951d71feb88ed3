"""Names of runs by what distinguishes them: the fields in which they differ, or the setting of a sweep's member."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kdcore.experiment import Experiment
from kdcore.experiment_fields import PARAMETER_PREFIX
from kdcore.runs.run_record import Run

LONGEST = 36
"""Characters of a name, where fewer fields or a cut still distinguish the runs."""
TAIL = 12
"""Characters that a cut leaves at a name's end."""
SEED = "init_seed"
"""The seed that is meant where no other is named."""
SEEDS = (SEED, "order_seed", "teacher_seed", "noise_seed", "split_seed")
FIRST = ("method", "teacher", "student", "temperature", "teacher_weight")
FieldText = Callable[[str, Any], str]
"""(field, value) -> how a name shows it."""


def run_names(runs: Sequence[Run], text: FieldText) -> list[str]:
    """A name for each run: all fields in which it differs from the others, or as many as distinguish the runs where that
    is too long.

    Where nothing differs, a sweep's member is named by its setting, and any other run gets an empty name.
    """
    texts = [
        {field: text(field, value) for field, value in (differing or member_setting(run)).items()}
        for differing, run in zip(differences([run.experiment for run in runs]), runs, strict=True)
    ]
    fields = list(dict.fromkeys(field for parts in texts for field in parts))
    complete = names = _joined(texts, fields)
    for field in reversed(fields):
        if len(runs) == 1 or all(len(name) <= LONGEST for name in names):
            break
        fewer = [other for other in fields if other != field]
        if fewer and len(set(_joined(texts, fewer))) == len(set(complete)):
            fields, names = fewer, _joined(texts, fewer)
    cut = [_cut(name) for name in names]
    return cut if len(set(cut)) == len(set(names)) > 1 else names


def differences(experiments: Sequence[Experiment]) -> list[dict[str, Any]]:
    """Each experiment's values of the fields in which they differ, in the order of a name: seeds last.

    Seeds that equal the students' own are left out, and so is a method's own setting where an experiment has none.
    """
    flat = [_flat(one) for one in experiments]
    every = dict.fromkeys(field for values in flat for field in values)
    fields = [field for field in every if any(values.get(field) != flat[0].get(field) for values in flat)]
    if SEED in fields:
        fields = [
            field
            for field in fields
            if field not in SEEDS[1:] or any(values[field] != values[SEED] for values in flat)
        ]
    fields.sort(key=lambda field: (field in SEEDS, FIRST.index(field) if field in FIRST else len(FIRST)))
    return [{field: values[field] for field in fields if field in values} for values in flat]


def member_setting(run: Run) -> dict[str, Any]:
    """What a sweep's member has of the fields that the sweep varies, and its seed; empty for any other run."""
    if not run.sweep or run.has_members:
        return {}
    flat = _flat(run.experiment)
    return {field: flat[field] for field in (*run.varied, SEED) if field in flat}


def _joined(texts: Sequence[Mapping[str, str]], fields: Sequence[str]) -> list[str]:
    return [", ".join(parts[field] for field in fields if field in parts) for parts in texts]


def _cut(name: str) -> str:
    """The name without its middle: what distinguishes runs is often at the end."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - TAIL - 1]}…{name[-TAIL:]}"


def _flat(experiment: Experiment) -> dict[str, Any]:
    """Every field by its flat name, a method's own settings one by one."""
    flat = experiment.flat()
    own = flat.pop("parameters")
    return flat | {PARAMETER_PREFIX + name: value for name, value in own.items()}
