"""The row above the curves: Pause, step, Stop, and how far the run is."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_address, live_status
from dashboard.data import run_manager
from dashboard.data.page_state import is_going_on
from dashboard.data.run_progress import is_paused, owners_other_run, progress_text, share_done, waiting_text
from dashboard.data.screen import read_screen
from dashboard.session import Key
from dashboard.text.translation import _
from kdcore.events import Command
from kdcore.runs.run_record import RESUMABLE, Run
from kdcore.texts import N_

Kind = Literal["pause", "resume", "step_batch", "step_epoch", "stop"]
NOT_YOURS = N_("Only the browser that started this run can steer it. Make a copy to have one of your own.")


def send_command(kind: Kind) -> None:
    """A button was pressed: send the command to the run that is shown."""
    with errors_as_notices():
        now = read_screen()
        run_manager.manager().command(now.steered.id, now.owner, Command(kind))
        st.session_state[Key.LAST_COMMAND] = (now.steered.id, kind)


def resume_run() -> None:
    """Queue the run again, to go on from its last checkpoint."""
    with errors_as_notices():
        now = read_screen()
        run_manager.manager().resume(now.steered.id, now.owner)


def run_controls(run: Run, watching: bool, state: str) -> None:
    """Draw the buttons that fit the run's state, and its progress.

    watching: the run is another browser's. state: with which the page is drawn, see `page_state`.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if is_going_on(run):
            _steering(run, watching)
            _live_progress(run, watching, state)
            return
        if run.status in RESUMABLE:
            st.button(
                _("Resume"),
                icon=":material/play_arrow:",
                on_click=resume_run,
                key="go_on",
                **_permission(watching),
            )
        st.progress(share_done(run), text=progress_text(run))


def _live_progress(run: Run, watching: bool, state: str) -> None:
    """How far the run is, from its stream; of a run that waits for another, what only its owner is told."""
    ahead = owners_other_run(run) if run.status == "queued" else None
    if ahead:
        st.progress(share_done(run), text=waiting_text(ahead, watching))
    live_status(
        "live_status",
        live_address(run.id),
        state,
        text=progress_text(run),
        share=share_done(run),
        shown=not ahead,
        watching=watching,
    )


def _steering(run: Run, watching: bool) -> None:
    paused, asked = is_paused(run), _pending_command(run)
    training = {**_permission(watching), "disabled": watching or not run.live}
    if paused:
        _command_button("resume", _("Resume"), ":material/play_arrow:", **training)
    elif asked == "pause":
        _command_button("pause", _("Pausing"), ":material/hourglass_top:", **{**training, "disabled": True})
    else:
        _command_button("pause", _("Pause"), ":material/pause:", **training)
    _command_button(
        "step_batch", _("+ batch"), None, **{"help": _("Train one batch more and pause."), **training}
    )
    _command_button(
        "step_epoch", _("+ epoch"), None, **{"help": _("Train one epoch more and pause."), **training}
    )
    if asked == "stop":
        _command_button("stop", _("Stopping"), ":material/hourglass_top:", disabled=True)
    else:
        _command_button("stop", _("Stop"), ":material/stop:", **_permission(watching))


def _command_button(kind: Kind, label: str, icon: str | None, **arguments: Any) -> None:
    st.button(label, icon=icon, on_click=send_command, args=(kind,), key=f"run.{kind}", **arguments)


def _permission(watching: bool) -> dict[str, Any]:
    return {"disabled": True, "help": _(NOT_YOURS)} if watching else {"disabled": False}


def _pending_command(run: Run) -> str:
    """The command that this browser sent, until the run has carried it out: the button shows it at once."""
    run_id, kind = st.session_state.get(Key.LAST_COMMAND, ("", ""))
    done = kind not in ("pause", "stop") or (kind == "pause" and is_paused(run))
    return "" if run_id != run.id or done else kind
