"""Runs laid over each other: who is called what, one chart for all, and tables of what differs. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_uppercase
from typing import Any

import pandas as pd

from dashboard.charts.axes import error_top, spread_labels
from dashboard.charts.chart_theme import INK, PAPER, chart_config
from dashboard.charts.vega import Spec
from dashboard.data.run_curves import Errors
from dashboard.data.run_titles import setting_text
from dashboard.text.numbers import duration, percent, points, signed, with_others
from dashboard.text.roles import STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _
from kdcore.runs import run_names
from kdcore.runs.run_record import Run

NARROW = 600
"""A chart of fewer pixels has no room for names."""
ROOM = 1.28
"""The time axis goes on beyond the last epoch by so much, for the names at the ends."""
DASHES = ((1, 0), (12, 5), (3, 3), (14, 4, 3, 4))
SHADES: dict[Theme, tuple[str, ...]] = {
    "light": (STUDENT.light, "#6B2800", "#E2700D"),
    "dark": (STUDENT.dark, "#FFDDC2", "#D66C1E"),
}
"""Students that are laid over each other: the role's colour and two shades of it, each 3:1 against the page. There are no
more dashes than shades by one, so that twelve runs differ."""
LETTERED = 12
"""So many runs have their letter on their line; those of more would hide it."""
ALONG = (0.3, 0.5, 0.7, 0.4, 0.6)
"""Where on their lines the letters stand, in turn, as shares of the line."""
NAMED_TWINS = 4


@dataclass(frozen=True)
class OverlaidRun:
    """A run among others: its letter, its name, made of what sets it apart, and its place among them, from 0."""

    letter: str
    name: str
    run: Run
    place: int = 0

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


def members(runs: Sequence[Run]) -> list[OverlaidRun]:
    """The runs with letters, and names made of the settings that tell them apart."""
    named = zip(letters(len(runs)), run_names.run_names(runs, setting_text), runs, strict=True)
    return [
        OverlaidRun(letter, name or _(run.title) or run.id[:6], run, place)
        for place, (letter, name, run) in enumerate(named)
    ]


def stroke(place: int, theme: Theme) -> str:
    """The line of the run at a place as a CSS background, for tables."""
    colour, at, parts = SHADES[theme][place % len(SHADES[theme])], 0, []
    for i, length in enumerate(DASHES[place % len(DASHES)]):
        parts.append(f"{'transparent' if i % 2 else colour} {at}px {at + length}px")
        at += length
    return f"repeating-linear-gradient(to right, {', '.join(parts)})"


COLUMNS = ("kind", "run", "label", "dash", "shade", "x", "y", "place", "text", "xmax", "last", "top")


def overlay_frame(shown: Sequence[OverlaidRun], errors: Sequence[Errors]) -> pd.DataFrame:
    """Validation error in percent against epoch: students, their twins, the students' letters, and names at the ends.

    kind: extent, student, twin, letter, end or twin end. run: its letter. last: the last epoch; the axis goes on to xmax.
    Columns: COLUMNS. One row of `errors` a member.
    """
    drawn = [
        (member, [[(x, 100 * y) for x, y in curve.pairs if not math.isnan(y)] for curve in (said.twin, said.student)])
        for member, said in zip(shown, errors, strict=True)
    ]  # fmt: skip
    late = [y for _member, both in drawn for one in both for _x, y in one[-max(1, len(one) // 4) :]]
    top = error_top([max(late, default=50.0)])
    rows, ends = [], []
    for member, (twin, student) in drawn:
        rows += [_row("twin", member, *pair) for pair in twin] + [
            _row("student", member, *pair) for pair in student
        ]
        ends += [_row("end", member, *student[-1], text=member.title)] if student else []
        inside = [pair for pair in student if pair[1] <= top]
        if inside and len(shown) <= LETTERED:
            at = inside[int(ALONG[member.place % len(ALONG)] * len(inside))]
            rows.append(_row("letter", member, *at, text=member.letter))
    ends += _twin_ends([(member, twin) for member, (twin, _student) in drawn if twin])
    ends = [end for end in ends if end["y"] <= top]
    places = spread_labels([end["y"] for end in ends], top / 18)
    over = max(0.0, max(places, default=0.0) - top)
    for end, place in zip(ends, places, strict=True):
        end["place"] = place - over
    last = max((row["x"] for row in rows), default=1.0)
    first = {"kind": "extent", "run": "", "label": "", "x": 0.0, "y": math.nan, "text": "", "xmax": ROOM * last, "last": last, "top": top}  # fmt: skip
    return pd.DataFrame([first, *rows, *ends], columns=[*COLUMNS])


def _row(kind: str, member: OverlaidRun, x: float, y: float, text: str = "") -> dict[str, Any]:
    dash, shade = member.place % len(DASHES), member.place % len(SHADES["light"])
    return {
        "kind": kind, "run": member.letter, "label": member.title, "dash": str(dash), "shade": str(shade), "x": x, "y": y, "text": text,
    }  # fmt: skip


def _twin_ends(twins: Sequence[tuple[OverlaidRun, list[tuple[float, float]]]]) -> list[dict[str, Any]]:
    """A mark at every twin's end; runs of one recipe have the same twin, which is named once, unless there are many."""
    alike: dict[tuple[tuple[float, float], ...], list[OverlaidRun]] = {}
    for member, pairs in twins:
        alike.setdefault(tuple(pairs), []).append(member)
    ends = []
    for curve, of in alike.items():
        end = _row("twin end", of[0], *curve[-1])
        if len(alike) <= NAMED_TWINS and len(of) <= NAMED_TWINS:
            end["run"] = ", ".join(one.letter for one in of)
            end["text"] = _("{twin} of {letters}").format(twin=TWIN.label, letters=end["run"])
        elif len(alike) == 1:
            end["text"] = _("{twin} of all").format(twin=TWIN.label)
        ends.append(end)
    return ends


def overlay_spec(theme: Theme, height: int = 380) -> Spec:
    """Each student with its own dash and shade of the role's colour, and its letter; the twins in theirs, faint.

    The run under the pointer stands out.
    """

    def end(name: str, otherwise: float) -> Spec:
        return {"expr": f"length(data('source')) ? data('source')[0].{name} : {otherwise}"}

    def said(name: str, values: Sequence[Any]) -> Spec:
        scale = {"type": "ordinal", "domain": [str(i) for i in range(len(values))], "range": list(values)}
        return {"field": name, "type": "nominal", "legend": None, "scale": scale}

    beyond = "(length(data('source')) ? datum.value > data('source')[0].last : false)"
    shade, dash = said("shade", SHADES[theme]), said("dash", [list(one) for one in DASHES])

    def of(kind: str) -> list[Spec]:
        return [{"filter": {"field": "kind", "equal": kind}}]

    x = {
        "field": "x", "type": "quantitative", "title": _("epoch"),
        "scale": {"domain": [0, end("xmax", 1)], "nice": False}, "axis": {
            "grid": False, "tickMinStep": 1, "tickCount": 10,
            # Beyond the last epoch there is room for names, and no time.
            "labelExpr": f"{beyond} ? '' : datum.label",
            "tickOpacity": {"condition": {"test": beyond, "value": 0}, "value": 1},
        },
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

    def lines(kind: str, width: float, opacity: float, mark: Spec, encoding: Spec) -> Spec:
        return {
            "transform": of(kind),
            "mark": {"type": "line", "clip": True, "strokeJoin": "round", **mark},
            "encoding": {
                "x": x, "y": y, "detail": {"field": "run"},
                "opacity": stands_out(1, opacity), "strokeWidth": stands_out(width + 1.5, width), **encoding,
            },
        }  # fmt: skip

    def ends(kind: str, mark: Spec, encoding: Spec) -> Spec:
        return {
            "transform": of(kind),
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, **mark},
            "encoding": {"x": x, "y": y, "tooltip": tooltip, **encoding},
        }

    def texts(kinds: Sequence[str], mark: Spec, encoding: Spec) -> Spec:
        # Where there is no room for names, the letters stand for them, as in the tables.
        words = {"calculate": f"width < {NARROW} ? datum.run : datum.text", "as": "said"}
        return {
            "transform": [{"filter": {"field": "kind", "oneOf": list(kinds)}}, words],
            "mark": {"type": "text", "fontSize": 14, **mark},
            "encoding": {"x": x, "text": {"field": "said", "type": "nominal"}, **encoding},
        }

    def lettering(mark: Spec, encoding: Spec) -> Spec:
        return texts(["letter"], {"fontSize": 17, "fontWeight": 700, **mark}, {"y": y, **encoding})

    grey = TWIN.colour(theme)
    at_ends = {
        "y": {**y, "field": "place"},
        "fontWeight": {"condition": {"param": "near", "empty": False, "value": 700}, "value": 500},
    }
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "layer": [
            lines("twin", 1.5, 0.7, {"strokeDash": list(TWIN.dash), "color": grey}, {}),
            lines("student", 3, 1, {}, {"color": shade, "strokeDash": dash}),
            {
                "transform": [{"filter": {"field": "kind", "oneOf": ["student", "twin"]}}],
                "params": [near],
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0, "clip": True},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            ends("twin end", {"shape": TWIN.shape, "color": grey}, {}),
            ends("end", {"shape": STUDENT.shape}, {"color": shade}),
            lettering({"stroke": PAPER[theme], "strokeWidth": 6, "strokeJoin": "round"}, {}),
            lettering({}, {"color": shade}),
            texts(["end", "twin end"], {"align": "left", "dx": 9, "color": INK[theme]}, at_ends),
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """A column of the results: its name, and how a value and a difference of two are written.

    others: of a time, with how many others each run shared it; such times are not subtracted.
    """

    title: str
    values: tuple[float | None, ...]
    write: Any
    differ: Any
    others: tuple[int, ...] = ()

    def said(self, place: int) -> str:
        """The value of the run at a place, in words; a dash where it was not measured."""
        value = self.values[place]
        if value is None:
            return "–"
        written = str(self.write(value))
        return with_others(written, self.others[place]) if self.others else written

    def difference(self, place: int) -> str:
        """By how much the run at a place differs from the first, in words; empty where it does not, or nothing is told."""
        value, first = self.values[place], self.values[0]
        if value is None or first is None or value == first or any(self.others):
            return ""
        return str(self.differ(value - first))


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
    others = tuple(run.others for run in runs)

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
        Metric(_("took"), took, duration, lambda d: _("{s} s").format(s=signed(d)), others),
    ]  # fmt: skip
    if len(set(parameters)) > 1:
        found.append(Metric(_("parameters"), parameters, counts, signed))
    return found


def _tested(run: Run, role: str, figure: str) -> float | None:
    tested = run.results.get(role)
    value = tested.get(figure) if isinstance(tested, Mapping) else None
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def result_frame(shown: Sequence[OverlaidRun]) -> pd.DataFrame:
    """The results as numbers: one row a run, for those who take them away."""
    columns = {metric.title: metric.values for metric in metrics([member.run for member in shown])}
    names = {_("run"): [member.title for member in shown], "id": [member.run.id for member in shown]}
    others = [member.run.others for member in shown]
    shared = {_("trained with others"): others} if any(others) else {}
    return pd.DataFrame(names | columns | shared)
