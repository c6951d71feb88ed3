"""The presenter's view: large, without what the audience does not need, moved on by keys or a clicker.

P or the link's `present` begins it. In it PageDown and PageUp go through the class's plan, B blanks the screen, R puts a
ring around the pointer, V shows or hides the vote. It is drawn in the browser: students' pages have P, B and R too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import segno
import streamlit as st

from dashboard.components.class_panel import class_stream, vote_texts
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_script
from dashboard.data import class_links, class_seat
from dashboard.session import Key
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "presenter",
    html='<div class="presenter"></div>',
    css=(HERE / "class_panel.css").read_text("utf-8") + (HERE / "presenter.css").read_text("utf-8"),
    js=live_script("class_vote", "presenter"),
    isolate_styles=False,
)
ACTS = ("close", "reveal", "again", "next", "back")


def presenter(classroom: Classroom | None) -> None:
    """Watch the keys, and draw the presenter's view where it is on. classroom: of which this browser is the lecturer's."""
    data: dict[str, Any] = {"texts": _texts()}
    if classroom is not None:
        join = class_links.students_link(classroom.code)
        qr = segno.make(join, error="m", micro=False).svg_data_uri(border=4, dark="#000", light="#fff")
        data |= {"address": class_stream(classroom.code), "code": classroom.code, "qr": qr, "join": join}
    _component(data=data, key="presenter", on_act_change=_act)


def _act() -> None:
    """A key or a button of the presenter's view was pressed."""
    with errors_as_notices():
        act = st.session_state["presenter"].get("act")
        if not isinstance(act, dict) or act.get("what") not in ACTS or not isinstance(act.get("code"), str):
            return
        rooms, browser, code = class_seat.classrooms(), class_seat.known_browser(), act["code"]
        if act["what"] in ("next", "back"):
            place = rooms.table.classroom(code).place
            by = 1 if act["what"] == "next" else -1
            rooms.table.go_to(code, browser, 0 if place is None else place + by)
            st.session_state[Key.CLASS_GOES] = True
            return
        if (vote := rooms.votes.newest(code)) is not None:
            todo = {"close": rooms.votes.close, "reveal": rooms.votes.reveal, "again": rooms.votes.again}
            todo[act["what"]](code, browser, vote.id)


def _texts() -> dict[str, str]:
    return vote_texts() | {
        "join": _("Join at {address} with the code {code}"),
        "students": _("{n} here"),
        "close": _("Close the vote"),
        "reveal": _("Reveal"),
        "second": _("Vote again"),
        "hide": _("Hide (V)"),
        "hidden": _("A vote is open: {n} of {students} have answered. V shows it."),
        "place": _("Place {n}"),
        "blank": _("The screen is blank; B shows it again."),
        "leave": _("P ends the presenter's view"),
        "paused": _("paused"),
    }
