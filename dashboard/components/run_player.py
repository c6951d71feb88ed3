"""The player of a run: back and forth through what it has recorded, and how fast it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.browser_component import BrowserComponent
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_address, live_script
from dashboard.data import run_manager
from dashboard.data.page_state import is_going_on
from dashboard.data.run_progress import pace_text
from dashboard.data.screen import read_screen
from dashboard.text.translation import _, ngettext
from kdcore.events import Command
from kdcore.runs.run_record import Run

HERE = Path(__file__).parent
KEY = "run_player"
PACES = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Steps a second that a run can be told to keep to."""
SPEEDS = (1, 3, 10, 30)
"""Recorded steps a second at which a run is played again."""
FIRST = '<path d="M5 5h3v14H5zM20 5v14L9 12z"/>'
BACK = '<path d="M17 5v14L6 12z"/>'
GO = '<path class="go" d="M7 4v16l13-8z"/><path class="halt" d="M6 5h4v14H6zM14 5h4v14h-4z"/>'
NEXT = '<path d="M7 5v14l11-7z"/>'
LAST = '<path d="M4 5v14l11-7zM16 5h3v14h-3z"/>'


def _key(name: str, drawing: str) -> str:
    drawn = f'<svg viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg>'
    return f'<button type="button" class="{name}">{drawn}<span class="word"></span></button>'


_KEYS = "".join(
    _key(name, drawing)
    for name, drawing in (("first", FIRST), ("back", BACK), ("play", GO), ("next", NEXT), ("newest", LAST))
)
RUN_PLAYER = BrowserComponent(
    "run_player",
    '<div class="run_player empty" role="group">'
    f'<div class="keys">{_KEYS}</div><input type="range" min="0" step="1"><output></output>'
    "<label><span></span><select></select></label></div>",
    (HERE / "run_player.css").read_text("utf-8"),
    live_script("page_elements", "run_player"),
    isolated=False,
)
_component = RUN_PLAYER.registered()


def run_player(run: Run, *, steers: bool) -> None:
    """Draw it. steers: whether this browser may tell the run how fast to go."""
    going_on = is_going_on(run)
    data = {
        "address": live_address(run.id),
        "over": not going_on,
        **player_data(going_on=going_on, steers=steers and run.live),
    }
    _component(data=data, key=KEY, on_pace_change=change_pace)


def player_data(*, going_on: bool, steers: bool) -> dict[str, Any]:
    """What its component draws, whatever its stream is. going_on: whether more will come. steers: whether a pace may be chosen."""
    return {
        "going_on": going_on,
        "steers": steers,
        "paces": [*((pace, pace_text(pace)) for pace in PACES), (0.0, _("as fast as it goes"))],
        "speeds": [(speed, _speed_text(speed)) for speed in SPEEDS],
        "texts": _texts(),
    }


def change_pace() -> None:
    """Another pace was chosen: tell the run that is shown."""
    with errors_as_notices():
        now, pace = read_screen(), float(st.session_state[KEY]["pace"])
        run_manager.manager().command(now.steered.id, now.owner, Command("pace", value=pace))


def _speed_text(speed: int) -> str:
    return ngettext("{n} a second", "{n} a second", speed).format(n=speed)


def _texts() -> dict[str, str]:
    return {
        "step": _("The recorded step that is shown"),
        "first": _("To the first step"),
        "back": _("One recorded step back"),
        "play": _("Play what was recorded"),
        "halt": _("Stop playing"),
        "again": _("Play again"),
        "next": _("One recorded step on"),
        "newest": _("To the newest step, and follow it"),
        "last": _("To the last step"),
        "pace": _("training"),
        "speed": _("recorded steps"),
    }
