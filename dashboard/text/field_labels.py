"""What a field of an experiment and its value are called on screen."""

from __future__ import annotations

from typing import Any

from dashboard.text.translation import _


def compact_field_label(name: str) -> str:
    """What a field is called where there is little room."""
    return short_label(name).replace("_", " ")


def value_text(value: Any) -> str:
    """A field's value as text."""
    match value:
        case None:
            return _("all")
        case bool():
            return _("yes") if value else _("no")
        case float():
            return f"{value:g}"
        case dict():
            return ", ".join(f"{name} {setting:g}" for name, setting in value.items()) or "–"
        case tuple() | list():
            return ", ".join(map(str, value)) or "–"
        case _:
            return str(value)


def short_label(setting: str) -> str:
    """A field's name as it stands; of those that charts and tables name most often, a short one."""
    return {
        "temperature": "T",
        "teacher_weight": _("weight on teacher"),
        "learning_rate": _("learning rate"),
    }.get(setting, setting)


def field_title(name: str) -> str:
    """What a field is called above its widget and at the head of a table: "Weight on teacher"."""
    title = {
        "temperature": _("temperature T"),
        "teacher_weight": _("weight on teacher"),
        "count": _("images"),
    }.get(name) or _(name.replace("_", " "))
    return title[:1].upper() + title[1:]
