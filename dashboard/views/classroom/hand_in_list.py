"""What the class has handed in, as its lecturer sees and takes it."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.data import class_seat
from dashboard.text.numbers import moment_text
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.hand_ins import HandIn
from kdcore.classroom.submission import Submission


def hand_in_list(classroom: Classroom) -> None:
    """Draw the list, one line a hand-in."""
    rooms = class_seat.classrooms()
    found = rooms.hand_ins.all_of(classroom.code)
    if not found:
        st.info(_("Nothing has been handed in yet."))
        return
    called = {member.number: member.called for member in rooms.members.members(classroom.code)}
    head = [_("student"), _("number"), _("when"), _("runs"), _("answers missing"), _("digest")]
    rows = "".join(_row(one, called.get(one.member, "")) for one in found)
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
    st.html(
        f'<div class="scroll"><table class="figures"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(one: HandIn, who: str) -> str:
    read = Submission.from_json(one.content)
    cells = [
        str(one.number),
        moment_text(one.moment),
        str(len(read.runs)),
        str(len(read.missing)),
        one.digest[:8],
    ]
    return (
        f"<tr><th scope='row'>{escape(who)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    )
