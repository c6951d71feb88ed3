"""The rows of the table of runs: names, cells and tooltips, made from the history's summaries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.data import fault_cards, method_cards
from dashboard.text.field_labels import value_text
from dashboard.text.numbers import duration, grouped, others, percent, percentage, signed
from dashboard.text.roles import STUDENT
from dashboard.text.translation import _, listing
from kdcore.experiment_fields import field_label
from kdcore.runs.history import Summary
from kdcore.texts import N_

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


ONLY_WHERE_DIFFERENT = ("count", "epochs")
"""Settings that are told only where the listed runs differ in them."""


@dataclass(frozen=True)
class RowTexts:
    """Texts of all rows, translated once: to translate them row by row would take longer than everything else."""

    weight: str
    seed: str
    without: str
    images: str
    epochs: str
    sweep: str
    of: str
    errors: str
    difference: str
    statuses: Mapping[str, str]
    methods: Mapping[str, str]
    unused: Mapping[str, Collection[str]]


def row_texts(methods: Mapping[str, str]) -> RowTexts:
    """The texts in the session's language. methods: their titles by name."""
    return RowTexts(
        weight=_("weight {w}"),
        seed=_("seed {n}"),
        without=_("without {classes}"),
        images=_("{n} images"),
        epochs=_("{n} epochs"),
        sweep=_("sweep: {fields}"),
        of=_("{n} of {images}"),
        errors=_("errors on {n} test images"),
        difference=_("test errors of the student less those of its twin: below zero is better; 1 seed"),
        statuses={name: _(title) for name, title in STATUSES.items()},
        methods=methods,
        unused={
            name: set(method_cards.TEACHERS_FIELDS).difference(card.uses)
            for name, card in method_cards.cards().items()
        },
    )


def subtitles(lines: Sequence[Summary], texts: RowTexts) -> list[str]:
    """The settings of each run in one line, those first in which the listed runs differ: the end is cut off where there is no room."""
    settings = [_settings(line, texts) for line in lines]
    alike = {
        name
        for name in {name for one in settings for name in one}
        if len({one.get(name) for one in settings}) == 1 and len(settings) > 1
    }
    return [
        " · ".join(
            [
                *(text for name, text in one.items() if name not in alike),
                *(text for name, text in one.items() if name in alike and name not in ONLY_WHERE_DIFFERENT),
            ]
        )
        for one in settings
    ]


def table_row(
    line: Summary, mine: bool, letter: str | None, texts: RowTexts, subtitle: str
) -> dict[str, Any]:
    """A row as the table draws it. mine: whether it may be changed from here. letter: what a chosen run is called."""
    name, sweep = _marked(line.fault, _name(line, texts)), _sweep_title(line, texts)
    return {
        "id": line.id,
        "name": name,
        "spoken": f"{name}, {sweep}" if line.setting else name,
        "created": line.created,
        "what": subtitle,
        "mine": mine,
        "chosen": letter is not None,
        "letter": letter or "",
        "starred": line.starred,
        "deleted": line.deleted,
        "tags": ", ".join(line.tags),
        "note": line.note,
        "cells": _cells(line, texts),
        "under": _under(line, texts),
        "looks": {
            "status": _status_style(line),
            "student": STUDENT.name,
            "difference": "wrong" if line.difference else "",
        },
        "tips": _tips(line, texts),
    }


def _name(line: Summary, texts: RowTexts) -> str:
    """A member of a sweep by its setting and seed; any other run by its title, else by who teaches whom."""
    if line.setting:
        return listing(
            [*(_setting(*one, texts) for one in line.setting.items()), texts.seed.format(n=line.seed)]
        )
    if line.sweep:
        return _sweep_title(line, texts)
    return _(line.title) if line.title else f"{line.teacher} → {line.student}"


def _marked(fault: str, name: str) -> str:
    """The name of a run with a fault begins with its mark."""
    return f"{fault_cards.badge(fault)} · {name}" if fault else name


def _setting(field: str, value: Any, texts: RowTexts) -> str:
    text = texts.methods.get(str(value), str(value)) if field == "method" else value_text(value, field)
    return f"{field_label(field, _)} = {text}"


def _sweep_title(line: Summary, texts: RowTexts) -> str:
    return sweep_title(line.varied, texts.sweep)


def sweep_title(varied: Sequence[str], template: str = "") -> str:
    """A sweep by what it varies, as on screen: "sweep: T × weight on teacher". `template`: the text, translated once for many."""
    shown = " × ".join(field_label(field, _) for field in varied)
    return (template or _("sweep: {fields}")).format(fields=shown)


def _settings(line: Summary, texts: RowTexts) -> dict[str, str]:
    """What is told of a run beneath its name, by what it is."""
    unused = texts.unused.get(line.method, ())
    told = {
        "sweep": _sweep_title(line, texts) if line.setting else "",
        "networks": f"{line.teacher} → {line.student}" if line.title else "",
        "dataset": line.dataset,
        "omit": texts.without.format(classes=value_text(line.omit)) if line.omit else "",
        "count": "" if line.count is None else texts.images.format(n=grouped(line.count)),
        "method": texts.methods.get(line.method, line.method),
        "temperature": f"T = {line.temperature:g}" if "temperature" not in unused else "",
        "weight": texts.weight.format(w=f"{line.weight:g}") if "teacher_weight" not in unused else "",
        "epochs": "" if line.epochs is None else texts.epochs.format(n=grouped(line.epochs)),
        "seed": "" if line.setting else texts.seed.format(n=line.seed),
    }
    return {name: text for name, text in told.items() if text}


def _cells(line: Summary, texts: RowTexts) -> dict[str, str]:
    return {
        "status": _status(line, texts),
        **{who: _share(errors, line.images) for who, errors in _errors(line).items()},
        "difference": "" if line.difference is None else signed(line.difference),
        "duration": duration(line.seconds) if line.seconds is not None else "",
    }


def _under(line: Summary, texts: RowTexts) -> dict[str, str]:
    """The small text beneath a cell: of how many images the errors are, and with how many others the time was shared."""
    shared = {"duration": others(line.others)} if line.others and line.seconds is not None else {}
    return shared | {
        who: texts.of.format(n=grouped(errors), images=grouped(line.images))
        for who, errors in _errors(line).items()
        if errors is not None and line.images
    }


def _errors(line: Summary) -> dict[str, int | None]:
    return {"student": line.student_errors, "twin": line.twin_errors, "teacher": line.teacher_errors}


def _share(errors: int | None, images: int | None) -> str:
    """Errors in percent, since runs on different data share a column; a bare count where the number of images is unknown."""
    if errors is None:
        return ""
    return percent(errors / images, images) if images else grouped(errors)


def _status(line: Summary, texts: RowTexts) -> str:
    """A run's status in texts; of one that trains, how much of its present phase is done."""
    name = "deleted" if line.deleted else line.status
    return _with_share(texts.statuses.get(name, name), line.done)


def status_text(status: str, done: float | None) -> str:
    """A status in the session's language; of a run that trains, how much of its present phase is done."""
    return _with_share(_(STATUSES.get(status, status)), done)


def _with_share(status: str, done: float | None) -> str:
    return status if done is None else f"{status} {percentage(done, 0)}"


def _status_style(line: Summary) -> str:
    return {"finished": "faint", "failed": "wrong", "lost": "wrong", "running": "wrong"}.get(line.status, "")


def _tips(line: Summary, texts: RowTexts) -> dict[str, str]:
    if line.images is None:
        return {}
    of = texts.errors.format(n=grouped(line.images))
    return {"student": of, "twin": of, "teacher": of, "difference": texts.difference}
