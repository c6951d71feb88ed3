"""What the class has handed in, as its lecturer sees and takes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from dashboard.data import class_seat
from dashboard.text.numbers import moment_text
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.hand_in_archive import archive_of, table_of
from kdcore.classroom.hand_ins import HandIn
from kdcore.classroom.pseudonyms import said_pseudonym
from kdcore.classroom.submission import Submission


def hand_in_list(classroom: Classroom) -> None:
    """Draw the list, one line a hand-in."""
    rooms = class_seat.classrooms()
    found = rooms.hand_ins.all_of(classroom.code)
    if not found:
        st.info(_("Nothing has been handed in yet."))
        return
    called = {
        member.number: said_pseudonym(member.called, _) for member in rooms.members.members(classroom.code)
    }
    head = [_("student"), _("number"), _("when"), _("runs"), _("answers missing"), _("digest")]
    rows = "".join(_row(one, called.get(one.member, "")) for one in found)
    _downloads(classroom, found)
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
    st.html(
        f'<div class="scroll"><table class="figures"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _downloads(classroom: Classroom, found: Sequence[HandIn]) -> None:
    """All of them in one archive, with a table; and the table by itself. Made on the click."""
    with st.container(horizontal=True, key="class_archive"):
        st.download_button(
            _("All as one archive"), partial(_archive, found), f"hand-ins-{classroom.code}.zip", "application/zip",
            key="class_archive_zip", icon=":material/folder_zip:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            _("A table (CSV)"), partial(_table, found), f"hand-ins-{classroom.code}.csv", "text/csv",
            key="class_archive_csv", icon=":material/table:", on_click="ignore",
        )  # fmt: skip


def _archive(found: Sequence[HandIn]) -> bytes:
    return archive_of([Submission.from_json(one.content) for one in found])


def _table(found: Sequence[HandIn]) -> bytes:
    return table_of([Submission.from_json(one.content) for one in found]).encode()


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
