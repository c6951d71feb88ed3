"""The history as a table whose rows are chosen, starred, tagged, annotated and opened in place.

A table of the project's own: Streamlit's is a canvas that screen readers cannot read and that sorts only what it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from dashboard.charts.run_overlay import stroke
from dashboard.components.style import theme
from dashboard.data import method_cards
from dashboard.text.field_labels import compact_field_label, value_text
from dashboard.text.numbers import duration, others, percent, signed
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.translation import _
from kdcore.experiment_fields import PARAMETER_PREFIX
from kdcore.runs.history import ORDERS, Summary
from kdcore.runs.runs_folder import RUN_ID
from kdcore.texts import N_

HERE = Path(__file__).parent
Does = Literal["choose", "choose_all", "sort", "star", "tags", "note", "open"]
TAKES: dict[Does, type] = {
    "choose": bool,
    "choose_all": bool,
    "sort": str,
    "star": bool,
    "tags": str,
    "note": str,
    "open": bool,
}
"""What the table's messages do, and of what type their value is."""
MOST_SAID = 200
STATUSES = {
    "queued": N_("waiting"),
    "running": N_("training"),
    "paused": N_("paused"),
    "parked": N_("put aside"),
    "finished": N_("finished"),
    "stopped": N_("stopped"),
    "failed": N_("failed"),
    "lost": N_("interrupted"),
    "deleted": N_("deleted"),
}
_component = st.components.v2.component(
    "runs_table",
    html='<div class="runs" tabindex="0"></div>',
    css=(HERE / "runs_table.css").read_text("utf-8"),
    js=(HERE / "runs_table.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class RefusedMark:
    """Tags or a note that could not be taken: what was typed, and why not."""

    typed: str
    why: str


@dataclass(frozen=True)
class TableMessage:
    """What was done in the table: to which run (empty where to none), and the new value."""

    does: Does
    run: str
    value: Any


def read(message: object) -> TableMessage | None:
    """What a browser sent, or None where the table sends no such message."""
    if not isinstance(message, Mapping):
        return None
    does, run, value = message.get("do"), message.get("run", ""), message.get("value")
    if not isinstance(does, str) or does not in TAKES or not isinstance(value, TAKES[does]):
        return None
    if not isinstance(run, str) or (does not in ("choose_all", "sort") and not RUN_ID.fullmatch(run)):
        return None
    return TableMessage(does, run, value)


@dataclass(frozen=True)
class TableNews:
    """Up to which of its messages a table was heard: `table` is a name that it gave itself."""

    table: str = ""
    number: int = 0


def news(message: object, heard: TableNews) -> tuple[TableNews, list[TableMessage]]:
    """What a table says that was not heard yet, in order, and up to where it is heard now.

    A table repeats what it does not know to be heard: of two messages that come close together only the newer arrives.
    """
    if not isinstance(message, Mapping):
        return heard, []
    table, said = message.get("table"), message.get("said")
    if not isinstance(table, str) or not isinstance(said, list) or len(table) > 40:
        return heard, []
    after = heard.number if table == heard.table else 0
    found = []
    for one in said[-MOST_SAID:]:
        number = one.get("number") if isinstance(one, Mapping) else None
        if type(number) is int and number > after:
            after = number
            found += [told] if (told := read(one)) else []
    return TableNews(table, after), found


def runs_table(
    lines: Sequence[Summary],
    *,
    key: str,
    mine: Collection[str],
    letters: Mapping[str, str],
    order: str,
    reverse: bool,
    page: int,
    height: str,
    titles: Mapping[str, str],
    refused: Mapping[tuple[str, str], RefusedMark],
    heard: TableNews,
    told: Callable[[], None],
) -> None:
    """Draw it. `told` is called before the rerun that follows a message; that then stands in the key's `told`.

    mine: the ids of the runs that may be changed from here. letters: what chosen runs are called, by their ids, in the
    order of their lines in the chart. height: of what is seen at once, in CSS. titles: of methods, by name. refused: by run
    and "tags" or "note". heard: see `news`.
    """
    look, words = theme(), _words(titles)
    strokes = {run_id: stroke(place, look) for place, run_id in enumerate(letters)}
    _component(
        data={
            "rows": [
                _row(line, line.id in mine, letters.get(line.id), words)
                | {"stroke": strokes.get(line.id, ""), "refused": _refused(line.id, refused)}
                for line in lines
            ],
            "columns": _columns(),
            "order": order,
            "rising": ORDERS[order].falling == reverse,
            "page": f"{page} {order} {reverse}",
            "height": height,
            "colours": {role.name: role.colour(look) for role in (TEACHER, TWIN, STUDENT)},
            "texts": _texts(),
            "heard": asdict(heard),
        },
        key=key,
        on_told_change=told,
    )


def _texts() -> dict[str, str]:
    return {
        "table": _("Runs"),
        "choose": _("Choose {run}"),
        "choose_all": _("Choose all on this page"),
        "star": _("Star {run}"),
        "unstar": _("Take the star from {run}"),
        "not_yours": _("Only the browser that started this run can star, tag or delete it."),
        "sort": _("Sort by {by}"),
        "tags": _("Tags of {run}, with commas between them"),
        "note": _("Note on {run}"),
        "add_tags": _("add tags"),
        "add_note": _("add a note"),
    }


def _columns() -> list[dict[str, str]]:
    def column(name: str, title: str, order: str = "", kind: str = "", role: str = "") -> dict[str, str]:
        long = _(ORDERS[order].title) if order else ""
        return {"name": name, "title": title, "order": order, "kind": kind, "role": role, "long": long}

    return [
        column("name", _("run"), "title", "name"),
        column("student", f"{STUDENT.mark} {STUDENT.label}", "student", "number", "student"),
        column("twin", f"{TWIN.mark} {TWIN.label}", "twin", "number", "twin"),
        column("gain", _("gain"), "gain", "number"),
        column("teacher", f"{TEACHER.mark} {TEACHER.label}", "teacher", "number", "teacher"),
        column("status", _("status")),
        column("date", _("begun"), "date"),
        column("duration", _("took"), "duration", "number"),
        column("marks", _("tags and note"), kind="marks"),
    ]


@dataclass(frozen=True)
class _Words:
    """What all rows say, looked up once: a row of its own language each would take longer than the rest."""

    weight: str
    seed: str
    sweep: str
    of: str
    errors: str
    gain: str
    statuses: Mapping[str, str]
    methods: Mapping[str, str]
    unused: Mapping[str, Collection[str]]


def _words(methods: Mapping[str, str]) -> _Words:
    return _Words(
        weight=_("weight {w}"),
        seed=_("seed {n}"),
        sweep=_("sweep: {fields}"),
        of=_("{n} of {images}"),
        errors=_("errors on {n} test images"),
        gain=_("how many errors the student makes fewer than its twin; 1 seed"),
        statuses={name: _(title) for name, title in STATUSES.items()},
        methods=methods,
        unused={
            name: set(method_cards.TEACHERS_FIELDS).difference(card.uses)
            for name, card in method_cards.cards().items()
        },
    )


def _row(line: Summary, mine: bool, letter: str | None, words: _Words) -> dict[str, Any]:
    name, sweep = _name(line, words), _sweep(line, words)
    return {
        "id": line.id,
        "name": name,
        "spoken": f"{name}, {sweep}" if line.setting else name,
        "created": line.created,
        "what": _what(line, words),
        "mine": mine,
        "chosen": letter is not None,
        "letter": letter or "",
        "starred": line.starred,
        "deleted": line.deleted,
        "tags": ", ".join(line.tags),
        "note": line.note,
        "cells": _cells(line, words),
        "under": _under(line, words),
        "looks": {
            "status": _status_look(line),
            "student": STUDENT.name,
            "gain": "wrong" if line.gain else "",
        },
        "tips": _tips(line, words),
    }


def _refused(run_id: str, refused: Mapping[tuple[str, str], RefusedMark]) -> dict[str, dict[str, str]]:
    return {what: asdict(said) for (run, what), said in refused.items() if run == run_id}


def _name(line: Summary, words: _Words) -> str:
    """A member of a sweep by its setting and seed, else a run's title, else who teaches whom."""
    if line.setting:
        return ", ".join(
            [*(_part(*one, words) for one in line.setting.items()), words.seed.format(n=line.seed)]
        )
    if line.sweep:
        return _sweep(line, words)
    return _(line.title) if line.title else f"{line.teacher} → {line.student}"


def _part(field: str, value: Any, words: _Words) -> str:
    own = field.removeprefix(PARAMETER_PREFIX)
    said = words.methods.get(str(value), str(value)) if field == "method" else value_text(value)
    return f"{compact_field_label(own)} = {said}"


def _sweep(line: Summary, words: _Words) -> str:
    return sweep_named(line.varied, words.sweep)


def sweep_named(varied: Sequence[str], words: str = "") -> str:
    """A sweep by what it varies, as on screen: "sweep: T × weight on teacher". `words`: the same for many, looked up once."""
    shown = " × ".join(compact_field_label(field.removeprefix(PARAMETER_PREFIX)) for field in varied)
    return (words or _("sweep: {fields}")).format(fields=shown)


def _what(line: Summary, words: _Words) -> str:
    unused = words.unused.get(line.method, ())
    return " · ".join(
        [
            *([_sweep(line, words)] if line.setting else []),
            *([f"{line.teacher} → {line.student}"] if line.title else []),
            line.dataset,
            words.methods.get(line.method, line.method),
            *([f"T = {line.temperature:g}"] if "temperature" not in unused else []),
            *([words.weight.format(w=f"{line.weight:g}")] if "teacher_weight" not in unused else []),
            *([] if line.setting else [words.seed.format(n=line.seed)]),
        ]
    )


def _cells(line: Summary, words: _Words) -> dict[str, str]:
    return {
        "status": _status(line, words),
        **{who: _share(errors, line.images) for who, errors in _errors(line).items()},
        "gain": "" if line.gain is None else signed(line.gain),
        "duration": duration(line.seconds) if line.seconds is not None else "",
    }


def _under(line: Summary, words: _Words) -> dict[str, str]:
    """What stands small beneath a cell: of how many images the errors are, and with whom the time was shared."""
    shared = {"duration": others(line.others)} if line.others and line.seconds is not None else {}
    return shared | {
        who: words.of.format(n=f"{errors:,}", images=f"{line.images:,}")
        for who, errors in _errors(line).items()
        if errors is not None and line.images
    }


def _errors(line: Summary) -> dict[str, int | None]:
    return {"student": line.student_errors, "twin": line.twin_errors, "teacher": line.teacher_errors}


def _share(errors: int | None, images: int | None) -> str:
    """Errors in percent, since runs on different data stand in one column; a bare count where nothing says of how many."""
    if errors is None:
        return ""
    return percent(errors / images, images) if images else f"{errors:,}"


def _status(line: Summary, words: _Words) -> str:
    """A run's status in words; of one that trains, how much of its present phase is done."""
    said = words.statuses.get("deleted" if line.deleted else line.status, line.status)
    return said if line.done is None else f"{said} {100 * line.done:.0f} %"


def _status_look(line: Summary) -> str:
    return {"finished": "faint", "failed": "wrong", "lost": "wrong", "running": "wrong"}.get(line.status, "")


def _tips(line: Summary, words: _Words) -> dict[str, str]:
    if line.images is None:
        return {}
    of = words.errors.format(n=f"{line.images:,}")
    return {"student": of, "twin": of, "teacher": of, "gain": words.gain}
