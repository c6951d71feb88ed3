"""Pieces of Vega-Lite specifications that many charts use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Spec = dict[str, Any]


def quantitative(field: str, **more: Any) -> Spec:
    """A channel for numbers: its field, and title, scale, axis, format ..."""
    return {"field": field, "type": "quantitative", **more}


def nominal(field: str, **more: Any) -> Spec:
    """A channel for names without an order."""
    return {"field": field, "type": "nominal", **more}


def of_kind(*kinds: str) -> Spec:
    """The transform that keeps the rows of one kind, or of some."""
    return {
        "filter": {"field": "kind", "oneOf": [*kinds]}
        if len(kinds) > 1
        else {"field": "kind", "equal": kinds[0]}
    }


def extent_value(name: str, otherwise: float) -> Spec:
    """The end of an axis, from that column of the frame's first row; `otherwise` while there is none."""
    return {"expr": f"length(data('source')) ? data('source')[0].{name} : {otherwise}"}


def data_domain(*fields: str, otherwise: tuple[float, float]) -> list[Spec]:
    """A scale's domain: from the least to the largest value of the frame's columns, `otherwise` while there is none.

    Streamlit draws a chart before it hands over the rows. A domain that Vega derives itself has no ends so long, and it
    complains about that in the browser's console.
    """
    return [{"expr": _data_end(fields, place, value)} for place, value in zip((0, 1), otherwise, strict=True)]


def _data_end(fields: Sequence[str], place: int, otherwise: float) -> str:
    ends = [f"extent(pluck(data('source'), '{field}'))[{place}]" for field in fields]
    end = ends[0] if len(ends) == 1 else f"{('min', 'max')[place]}({', '.join(ends)})"
    return f"isValid({end}) && isFinite({end}) ? {end} : {otherwise}"


def string_list(texts: Sequence[str]) -> str:
    """A list of strings as a Vega expression."""
    return "[" + ",".join(map(quoted, texts)) + "]"


def quoted(text: str) -> str:
    """A string as a Vega expression."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def nearest_point(**more: Any) -> Spec:
    """The selection `near` of whatever is nearest to the pointer."""
    return {
        "name": "near",
        "select": {"type": "point", "on": "pointermove", "nearest": True, "clear": "pointerout", **more},
    }
