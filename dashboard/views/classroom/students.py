"""The students of a class as their lecturer sees them."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from dashboard.data import class_seat
from dashboard.data.class_board import run_address
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom


def students(classroom: Classroom) -> None:
    """Draw them as a table: who, since when, how many runs, and the newest of them, which opens to be watched."""
    rooms = class_seat.classrooms()
    members, runs = rooms.members.members(classroom.code), rooms.board.runs(classroom.code)
    if not members:
        st.info(_("Nobody has joined yet."))
        return
    counted = Counter(run.member for run in runs)
    newest = {run.member: run.id for run in runs}
    head = [_("student"), _("name"), _("here"), _("runs"), _("newest run")]
    rows = []
    for member in members:
        run = newest.get(member.number)
        link = f'<a href="{escape(run_address(run))}">{escape(_("watch"))}</a>' if run else "–"
        cells = [
            f"<th scope='row'>{escape(member.pseudonym)}</th>",
            f"<td>{escape(member.name) or '–'}</td>",
            f"<td>{escape(_('yes') if member.gone is None else _('left'))}</td>",
            f"<td>{counted[member.number]}</td>",
            f"<td>{link}</td>",
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
    st.html(
        f'<div class="scroll"><table class="figures"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
