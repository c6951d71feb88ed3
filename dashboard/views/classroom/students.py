"""The students of a class as their lecturer sees them."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from dashboard.data import class_seat, class_views
from dashboard.data.class_board import run_address
from dashboard.text.translation import _, pgettext
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.pseudonyms import said_pseudonym


def students(classroom: Classroom) -> None:
    """Draw them as a table: who, since when, how many runs, and the newest of them, which opens to be watched."""
    rooms = class_seat.classrooms()
    members, runs = rooms.members.members(classroom.code), rooms.board.runs(classroom.code)
    if not members:
        st.info(_("Nobody has joined yet."))
        return
    counted = Counter(run.member for run in runs)
    newest = {run.member: run.id for run in runs}
    head = [
        _("student"),
        pgettext("of a student", "name"),
        pgettext("of a student", "here"),
        _("runs"),
        _("newest run"),
        _("page"),
    ]
    rows = []
    for member in members:
        run, page = newest.get(member.number), class_views.view_of(classroom.code, member.number)
        link = _link(run_address(run), _("watch")) if run else "–"
        cells = [
            f"<th scope='row'>{escape(said_pseudonym(member.pseudonym, _))}</th>",
            f"<td>{escape(member.name) or '–'}</td>",
            f"<td>{escape(_('yes') if member.gone is None else _('left'))}</td>",
            f"<td>{counted[member.number]}</td>",
            f"<td>{link}</td>",
            f"<td>{_link(page, _('look')) if page else '–'}</td>",
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
    st.container(key="class_students").html(
        f'<div class="scroll"><table class="figures"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
    st.caption(
        _(
            "“watch” opens a student's newest run, “look” their page as it was last drawn: both as you would see them, and nothing that you "
            "press there reaches their page or their run."
        )
    )


def _link(address: str, text: str) -> str:
    """A link that opens beside this page; nothing of its address is markup."""
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a>'
