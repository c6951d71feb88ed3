"""What comes by a class's stream: its vote, where to look, what is pinned, whether it is paused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import streamlit as st

from dashboard.components.live_run import draw_anew, live_address, live_script
from dashboard.data.class_state import page_state
from dashboard.session import Key
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom

HERE = Path(__file__).parent
_panel = st.components.v2.component(
    "class_panel",
    html='<div class="class_panel"></div>',
    css=(HERE / "class_panel.css").read_text("utf-8"),
    js=live_script("class_vote", "class_panel"),
    isolate_styles=False,
)


def class_stream(code: str) -> str:
    """The address of a class's stream."""
    return live_address(f"class-{code}")


def class_panel(classroom: Classroom, role: Literal["student", "lecturer"], own: dict[str, Any]) -> None:
    """Draw it. own: the answers that this browser has given, by vote."""
    data = {
        "address": class_stream(classroom.code),
        "role": role,
        "own": own,
        "state": page_state(classroom),
        "texts": vote_texts() | _texts(),
    }
    _panel(data=data, key="class_panel", on_state_change=draw_anew, on_go_change=_go)


def _go() -> None:
    """The page goes where the lecturer has pointed, before it is drawn."""
    st.session_state[Key.CLASS_GOES] = True


def vote_texts() -> dict[str, str]:
    """The words around a vote, for pages of students and the presenter's."""
    return {
        "vote": _("The class votes"),
        "again": _("Once more, after discussion:"),
        "closed": _("This vote is closed."),
        "counted": _("{n} of {students} have answered."),
        "place": _("Place {n}"),
        "rounds": _("The thin bar is the first round, the thick one the second."),
    }


def _texts() -> dict[str, str]:
    return {
        "paused": _("Your lecturer has paused the class."),
        "here": _("Your lecturer points to a page."),
        "following": _("Your page follows your lecturer's."),
        "go": _("Go there"),
        "pinned": _("Pinned for everybody: {what}"),
        "send": _("Send my answer"),
        "sent": _("Your answer is counted: {answer}. It cannot be changed."),
        "unsent": _("Your answer did not get through. Send it again."),
    }
