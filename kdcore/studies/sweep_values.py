"""The values that a sweep tries of a field: read as a person writes them, checked, and drawn at random."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from reprlib import repr as short
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import CANNOT_RUN, FLAT_FIELDS, Experiment
from kdcore.experiment_fields import PARAMETER_PREFIX
from kdcore.pipelines.varied_fields import is_logarithmic, numeric_range, with_setting

ALIASES = {"T": "temperature", "weight": "teacher_weight", "size": "student"}
WORDS = {"all": None, "yes": True, "no": False, "true": True, "false": False}
MOST_VALUES = 100
"""Of one field."""


def values_of(name: str, text: str) -> tuple[str, tuple[Any, ...]]:
    """A field's full name, and the values that a person wrote: `1,2,4`, whole numbers `1..20`, classes `3+8`, networks, `all`.

    Raises:
        InvalidExperiment: there is no such field, or it does not take one of the values.
    """
    name = ALIASES.get(
        name.strip(), name.strip().replace("-", "_") if PARAMETER_PREFIX not in name else name.strip()
    )
    if not name.startswith(PARAMETER_PREFIX) and name not in FLAT_FIELDS:
        raise InvalidExperiment(f"An experiment has no field '{name}' to vary.")
    parts = [part.strip() for part in text.split(",") if part.strip()]
    values = tuple(dict.fromkeys(value for part in parts for value in _values_of_part(name, part)))
    if not values:
        raise InvalidExperiment(
            f"{name}: there are no values to try. Write them with commas between them, such as 1,2,4."
        )
    return name, values


def _values_of_part(name: str, part: str) -> list[Any]:
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


def checked_value(base: Experiment, name: str, value: Any) -> Any:
    """The value as the field holds it, so that 4 and 4.0 are one.

    Raises:
        InvalidExperiment: a sweep cannot vary the field, or the field does not take the value.
    """
    try:
        changed = with_setting(base, {name: value})
    except InvalidExperiment as error:  # worded as in `values_of`
        raise InvalidExperiment(str(error).removeprefix(CANNOT_RUN).lstrip()) from error
    if name.startswith(PARAMETER_PREFIX):
        return changed.parameters[name.removeprefix(PARAMETER_PREFIX)]
    return changed.value(name)


def random_value(draw: random.Random, values: Sequence[Any]) -> Any:
    """One of the values, or any number between the smallest and the largest of values that are numbers."""
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
