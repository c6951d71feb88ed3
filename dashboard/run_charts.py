"""Runs laid over each other: who is called what, one chart for all, and tables of what differs. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_uppercase
from typing import Any

import pandas as pd

from dashboard import library
from dashboard.charts import INK, Spec, config, error_top, setting_label, spread
from dashboard.library import Errors
from dashboard.roles import STUDENT, TEACHER, TWIN, Theme
from dashboard.sentences import duration, percent, points, signed
from dashboard.texts import _
from kdcore.runs.store import Run

LONGEST_NAME = 32
NAMED_FIELDS = 3
FIRST = ("temperature", "teacher_weight", "method", "student", "teacher")
SEEDS = ("init_seed", "order_seed", "teacher_seed", "noise_seed", "split_seed")
NARROW = 600
"""A chart of fewer pixels has no room for names."""
ROOM = 1.28
"""The time axis goes on beyond the last epoch by so much, for the names at the ends."""


@dataclass(frozen=True)
class Member:
    """A run among others: its letter, and its name, made of what sets it apart."""

    letter: str
    name: str
    run: Run

    @property
    def title(self) -> str:
        """Both."""
        return f"{self.letter} · {self.name}"


def letters(count: int) -> list[str]:
    """A, B ... Z, AA, AB ..."""
    words = ("".join(word) for size in (1, 2) for word in product(ascii_uppercase, repeat=size))
    return list(islice(words, count))


def differing(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """The fields in which the runs' experiments differ, each with its value in every run; the runs' order is kept."""
    flat = [run.experiment.flat() for run in runs]
    fields = {name: [values[name] for values in flat] for name in (flat[0] if flat else ())}
    return {name: values for name, values in fields.items() if any(value != values[0] for value in values)}


def members(runs: Sequence[Run]) -> list[Member]:
    """The runs with letters, and names made of the settings that tell them apart."""
    named = zip(letters(len(runs)), _names(runs), runs, strict=True)
    return [Member(letter, name or _(run.title) or run.id[:6], run) for letter, name, run in named]


def _names(runs: Sequence[Run]) -> list[str]:
    """As few settings as tell the runs apart, seeds only where nothing else does; at most a few."""
    fields = differing(runs)
    left = sorted(fields, key=lambda field: (field in SEEDS, field not in FIRST))
    parts: list[tuple[str, ...]] = [()] * len(runs)
    for field in left[:NAMED_FIELDS]:
        if len(set(parts)) == len(runs) > 1:
            break
        said = [_part(field, value) for value in fields[field]]
        parts = [(*before, one) for before, one in zip(parts, said, strict=True)]
    return [_short(", ".join(one)) for one in parts]


def _part(field: str, value: Any) -> str:
    """A setting in a name: a word by itself, a number with what it is."""
    if field == "method":
        return library.method_titles().get(value, str(value))
    if isinstance(value, str):
        return value
    if field == "count":
        return _("all images") if value is None else _("{n} images").format(n=f"{value:,}")
    return f"{field_label(field)} {value_text(value)}"


def field_label(name: str) -> str:
    """What a field is called where there is little room."""
    return setting_label(name).replace("_", " ")


def value_text(value: Any) -> str:
    """A field's value as a reader wants it."""
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


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


# ---------------------------------------------------------------------------------------------- curves


def overlay_frame(shown: Sequence[Member], errors: Sequence[Errors]) -> pd.DataFrame:
    """Validation error in percent against epoch: students, their twins, and the students' names at the ends.

    Columns: kind (extent, student, twin, end), run (its letter), label, x, y, text, xmax, top. One row of `errors` a member.
    """
    rows: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    recent: list[float] = []
    for member, said in zip(shown, errors, strict=True):
        for kind, curve in (("twin", said.twin), ("student", said.student)):
            points = [(epoch, 100 * value) for epoch, value in curve.pairs if not math.isnan(value)]
            rows += [_row(kind, member, x, y) for x, y in points]
            recent += [y for _x, y in points[-max(1, len(points) // 4) :]]
            if kind == "student" and points:
                ends.append(_row("end", member, *points[-1], text=member.title))
    top = error_top([max(recent, default=50.0)])
    ends = [end for end in ends if end["y"] <= top]
    places = spread([end["y"] for end in ends], top / 18)
    over = max(0.0, max(places, default=0.0) - top)
    for end, place in zip(ends, places, strict=True):
        end["place"] = place - over
    xmax = max((row["x"] for row in rows), default=1.0)
    first = {"kind": "extent", "run": "", "label": "", "x": 0.0, "y": math.nan, "text": "", "xmax": ROOM * xmax, "top": top}  # fmt: skip
    columns = ["kind", "run", "label", "x", "y", "place", "text", "xmax", "top"]
    return pd.DataFrame([first, *rows, *ends], columns=columns)


def _row(kind: str, member: Member, x: float, y: float, text: str = "") -> dict[str, Any]:
    return {"kind": kind, "run": member.letter, "label": member.title, "x": x, "y": y, "text": text}


def overlay_spec(theme: Theme, height: int = 380) -> Spec:
    """All students in their colour, solid; their twins in theirs, faint and dashed; the run under the pointer stands out."""

    def end(name: str, otherwise: float) -> Spec:
        return {"expr": f"length(data('source')) ? data('source')[0].{name} : {otherwise}"}

    def of(kind: str) -> list[Spec]:
        return [{"filter": {"field": "kind", "equal": kind}}]

    x = {
        "field": "x", "type": "quantitative", "title": _("epoch"),
        "scale": {"domain": [0, end("xmax", 1)], "nice": False}, "axis": {"grid": False, "tickMinStep": 1, "tickCount": 10},
    }  # fmt: skip
    y = {
        "field": "y", "type": "quantitative", "title": _("validation error, %"),
        "scale": {"domain": [0, end("top", 100)], "nice": False}, "axis": {"tickCount": 6},
    }  # fmt: skip
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("run")},
        {"field": "kind", "type": "nominal", "title": _("who")},
        {"field": "x", "type": "quantitative", "title": _("epoch"), "format": ".4~r"},
        {"field": "y", "type": "quantitative", "title": _("validation error, %"), "format": ".2f"},
    ]
    near = {
        "name": "near",
        "select": {
            "type": "point",
            "on": "pointermove",
            "nearest": True,
            "clear": "pointerout",
            "fields": ["run"],
        },
    }

    def stands_out(value: float, otherwise: float) -> Spec:
        return {"condition": {"param": "near", "empty": False, "value": value}, "value": otherwise}

    def lines(kind: str, colour: str, width: float, dash: Sequence[int], opacity: float) -> Spec:
        return {
            "transform": of(kind),
            "mark": {"type": "line", "clip": True, "strokeDash": list(dash), "color": colour, "strokeJoin": "round"},
            "encoding": {
                "x": x, "y": y, "detail": {"field": "run"},
                "opacity": stands_out(1, opacity), "strokeWidth": stands_out(width + 1.5, width),
            },
        }  # fmt: skip

    ink = STUDENT.colour(theme)
    return {
        "height": height,
        "config": config(theme, 14),
        "layer": [
            lines("twin", TWIN.colour(theme), 1.5, TWIN.dash, 0.5),
            lines("student", ink, 2.5, (1, 0), 0.85),
            {
                "transform": [{"filter": {"field": "kind", "oneOf": ["student", "twin"]}}],
                "params": [near],
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0, "clip": True},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                "transform": of("end"),
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "shape": STUDENT.shape, "color": ink},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                # Where there is no room for names, the letters stand for them, as in the tables.
                "transform": [*of("end"), {"calculate": f"width < {NARROW} ? datum.run : datum.text", "as": "said"}],
                "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 14, "color": INK[theme]},
                "encoding": {
                    "x": x, "y": {**y, "field": "place"}, "text": {"field": "said", "type": "nominal"},
                    "fontWeight": {"condition": {"param": "near", "empty": False, "value": 700}, "value": 500},
                },
            },
        ],
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Metric:
    """A column of the results: its name, and how a value and a difference of two are written; `images` of the test split."""

    title: str
    values: tuple[float | None, ...]
    write: Any
    differ: Any


def comparable(runs: Sequence[Run]) -> bool:
    """Whether the runs were tested on the same images, so that their errors may be subtracted."""
    said = {(run.experiment.dataset, run.experiment.image_size, _tested(run, "student", "test_images")) for run in runs if _tested(run, "student", "test_images")}  # fmt: skip
    return len(said) <= 1


def metrics(runs: Sequence[Run]) -> list[Metric]:
    """What came out of the runs, one value a run, None where it was not measured."""
    images = int(max((_tested(run, "student", "test_images") or 0 for run in runs), default=0))

    def of(role: str, figure: str) -> tuple[float | None, ...]:
        return tuple(_tested(run, role, figure) for run in runs)

    student, twin = of("student", "test_errors"), of("twin", "test_errors")
    gain = tuple(None if a is None or b is None else b - a for a, b in zip(student, twin, strict=True))
    took = tuple(run.active or None for run in runs)

    def counts(value: float) -> str:
        return f"{value:,.0f}"

    parameters = of("student", "parameters")
    found = [
        Metric(f"{STUDENT.mark} {STUDENT.label}", student, counts, signed),
        Metric(f"{TWIN.mark} {TWIN.label}", twin, counts, signed),
        Metric(_("gain"), gain, signed, signed),
        Metric(f"{TEACHER.mark} {TEACHER.label}", of("teacher", "test_errors"), counts, signed),
        Metric(_("accuracy"), of("student", "test_accuracy"), lambda v: percent(v, images), lambda d: points(d, images)),
        Metric(_("NLL"), of("student", "test_nll"), "{:.3f}".format, lambda d: signed(d, 3)),
        Metric(_("ECE"), of("student", "test_ece"), lambda v: f"{100 * v:.1f} %", lambda d: signed(100 * d, 1)),
        Metric(_("took"), took, duration, lambda d: _("{s} s").format(s=signed(d))),
    ]  # fmt: skip
    if len(set(parameters)) > 1:
        found.append(Metric(_("parameters"), parameters, counts, signed))
    return found


def _tested(run: Run, role: str, figure: str) -> float | None:
    tested = run.results.get(role)
    value = tested.get(figure) if isinstance(tested, Mapping) else None
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def result_frame(shown: Sequence[Member]) -> pd.DataFrame:
    """The results as numbers: one row a run, for those who take them away."""
    columns = {metric.title: metric.values for metric in metrics([member.run for member in shown])}
    names = {_("run"): [member.title for member in shown], "id": [member.run.id for member in shown]}
    return pd.DataFrame(names | columns)
