"""How the report writes a setting: the value of a field, and a field with its value as a run's name has it."""

from __future__ import annotations

from typing import Any

from kdcore import experiment_fields
from kdcore.experiment_fields import PARAMETER_PREFIX, TEACHERS
from kdcore.faults.titles import shown_value
from kdcore.runs import run_names
from kdcore.texts import N_
from kdcore.translation import say


def value_text(value: Any, field: str = "") -> str:
    """The value of a field; a dash where it is empty. field: its name, where a value has a title of its own, as faults have."""
    if (titled := shown_value(field, value)) != value:
        return say(str(titled))
    return experiment_fields.value_text(value, say, empty="–")


def setting_text(field: str, value: Any) -> str:
    """A field with its value, as a run's name has it."""
    if field in run_names.SEEDS:
        return f"{say(N_('seed')) if field == run_names.SEED else say(field.replace('_', ' '))} {value}"
    if isinstance(value, str):
        return value_text(value, field) if value else value
    label = "T" if field == "temperature" else field_name(field)
    return f"{label} = {value_text(value)}"


def field_name(field: str) -> str:
    """A field by its own name, a method's own setting without what precedes it."""
    if field.startswith(TEACHERS) and field not in experiment_fields.LABELS:
        return experiment_fields.field_label(field, say)
    return say(field.removeprefix(PARAMETER_PREFIX).replace("_", " "))
