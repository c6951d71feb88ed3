"""What a field of an experiment is called above its widget, and its value in a table or a name."""

from __future__ import annotations

from typing import Any

from dashboard.text.translation import _, listing
from kdcore import experiment_fields
from kdcore.faults.titles import shown_value


def value_text(value: Any, field: str = "") -> str:
    """A field's value as text, a dash for what is empty; a method's own settings as "point 2, weight 0.5".

    field: its name, where a value has a title of its own, as faults have.
    """
    if (titled := shown_value(field, value)) != value:
        return _(str(titled))
    if isinstance(value, dict):
        return listing(f"{name} {setting:g}" for name, setting in value.items()) or "–"
    return experiment_fields.value_text(value, _, empty="–") or "–"


def field_title(name: str) -> str:
    """What a field is called above its widget and at the head of a table: "Weight on teacher"."""
    title = _("temperature T") if name == "temperature" else experiment_fields.field_label(name, _)
    return title[:1].upper() + title[1:]
