"""The table of all runs: rows are chosen, starred, tagged, annotated and opened in place.

A table of the project's own: Streamlit's is a canvas, which screen readers cannot read and which sorts only what it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.charts.run_line_styles import line_css
from dashboard.components.live_run import live_script
from dashboard.components.runs_table_messages import RefusedMark, TablePosition
from dashboard.components.runs_table_rows import RowTexts, row_texts, subtitles, table_row
from dashboard.components.style import theme
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.translation import _
from kdcore.runs.history import ORDERS, Summary

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "runs_table",
    html='<div class="runs" tabindex="0"></div>',
    css=(HERE / "runs_table.css").read_text("utf-8"),
    js=live_script("runs_table"),
)


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
    handled: TablePosition,
    on_message: Callable[[], None],
    address: str,
) -> None:
    """Draw it. `on_message` is called before the rerun that follows a message, which is then in the key's `messages`.

    mine: the ids of the runs that may be changed from here. letters: what chosen runs are called, by their ids, in the
    order of their lines in the chart. height: of the visible part, in CSS. titles: of methods, by name. refused: by run
    and "tags" or "note". handled: see `new_messages`. address: of the stream of those that train or wait; empty for none.
    """
    data = {
        "rows": _rows(lines, mine, letters, refused, row_texts(titles)),
        "columns": _columns(),
        "order": order,
        "rising": ORDERS[order].falling == reverse,
        "page": f"{page} {order} {reverse}",
        "height": height,
        "colours": {role.name: role.colour(theme()) for role in (TEACHER, TWIN, STUDENT)},
        "texts": _texts(),
        "handled": asdict(handled),
        "address": address,
    }
    _component(data=data, key=key, on_messages_change=on_message)


def _rows(
    lines: Sequence[Summary],
    mine: Collection[str],
    letters: Mapping[str, str],
    refused: Mapping[tuple[str, str], RefusedMark],
    texts: RowTexts,
) -> list[dict[str, Any]]:
    strokes = {run_id: line_css(place, theme()) for place, run_id in enumerate(letters)}
    return [
        table_row(line, line.id in mine, letters.get(line.id), texts, subtitle)
        | {"stroke": strokes.get(line.id, ""), "refused": _refused(line.id, refused)}
        for line, subtitle in zip(lines, subtitles(lines, texts), strict=True)
    ]


def _texts() -> dict[str, str]:
    return {
        "table": _("Runs"),
        "choose": _("Choose {run}"),
        "choose_all": _("Choose all on this page"),
        "star": _("Star {run}"),
        "unstar": _("Take the star from {run}"),
        "not_yours": _("Only the browser that started this run can star, tag or delete it."),
        "sort": _("Sort by {by}"),
        "tags": _("Tags of {run}, with commas between them; everyone who opens this page sees them"),
        "note": _("Note on {run}; everyone who opens this page sees it"),
        "add_tags": _("add tags"),
        "add_note": _("add a note for everyone"),
    }


def _columns() -> list[dict[str, str]]:
    def column(name: str, title: str, order: str = "", kind: str = "", role: str = "") -> dict[str, str]:
        long = _(ORDERS[order].title) if order else ""
        return {"name": name, "title": title, "order": order, "kind": kind, "role": role, "long": long}

    return [
        column("name", _("run"), "title", "name"),
        column("student", f"{STUDENT.mark} {STUDENT.label}", "student", "number", "student"),
        column("twin", f"{TWIN.mark} {TWIN.label}", "twin", "number", "twin"),
        column("difference", _("student − twin"), "difference", "number"),
        column("teacher", f"{TEACHER.mark} {TEACHER.label}", "teacher", "number", "teacher"),
        column("status", _("status")),
        column("date", _("begun"), "date"),
        column("duration", _("took"), "duration", "number"),
        column("marks", _("tags and note"), kind="marks"),
    ]


def _refused(run_id: str, refused: Mapping[tuple[str, str], RefusedMark]) -> dict[str, dict[str, str]]:
    return {what: asdict(mark) for (run, what), mark in refused.items() if run == run_id}
