"""The sweep's controls: start, pause, resume and stop it, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_status
from dashboard.components.run_controls import NOT_YOURS
from dashboard.data import run_manager, sweep_link, sweep_progress, torch_imports
from dashboard.data.run_progress import is_paused
from dashboard.data.screen import read_screen
from dashboard.data.sweep_progress import SweepProgress
from dashboard.data.sweep_status import active_runs_of, sweep_share_done, sweep_status_text
from dashboard.text.translation import _
from dashboard.views.sweep.start import start_sweep
from kdcore.events import Command
from kdcore.runs.run_record import RESUMABLE, Run


def start_button(progress: SweepProgress, owner: str) -> None:
    """The button that starts the sweep; disabled where Resume is the way on."""
    resumable = can_resume(progress, owner)
    st.button(
        _("Start the sweep"),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=start_sweep,
        key="start_sweep",
        disabled=progress.live or resumable or not torch_imports.warm(),
        help=_("This sweep was stopped before its end: Resume continues it.") if resumable else None,
    )


def sweep_controls(progress: SweepProgress, owner: str, address: str, state: str) -> None:
    """The buttons that fit the sweep's state, and how far it is.

    address: of the stream while the sweep goes on, else empty. state: with which the page is drawn, see `sweep_state`.
    """
    active = active_runs_of(progress)
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if active:
            _pause_and_stop(active, owner)
        elif can_resume(progress, owner):
            st.button(
                _("Resume"),
                type="primary",
                icon=":material/play_arrow:",
                on_click=_steer,
                args=("go_on",),
                key="sweep.go_on",
            )
        text, share = sweep_status_text(progress, active), sweep_share_done(progress, active)
        if address:
            watching = not _steers(active, owner)
            live_status("live_status", address, state, text=text, share=share, shown=True, watching=watching)
        else:
            st.progress(share, text=text)


def can_resume(progress: SweepProgress, owner: str) -> bool:
    """Whether this browser's sweep was left before its end."""
    may_command = run_manager.manager().may_command
    return (
        not progress.live
        and not progress.complete
        and any(run.status in RESUMABLE and may_command(run.id, owner) for run in progress.unfinished)
    )


def _steers(active: Sequence[Run], owner: str) -> bool:
    return any(run_manager.manager().may_command(run.id, owner) for run in active)


def _pause_and_stop(active: Sequence[Run], owner: str) -> None:
    mine = _steers(active, owner)
    options: dict[str, Any] = {
        "disabled": not mine,
        "help": None if mine else _(NOT_YOURS),
        "on_click": _steer,
    }
    if any(is_paused(run) for run in active):
        kind, label, icon = "resume", _("Resume"), ":material/play_arrow:"
    else:
        kind, label, icon = "pause", _("Pause"), ":material/pause:"
    st.button(label, icon=icon, args=(kind,), key=f"sweep.{kind}", **options)
    st.button(_("Stop"), icon=":material/stop:", args=("stop",), key="sweep.stop", **options)


# ---------------------------------------------------------------------------------------------- what is pressed


def _steer(kind: str) -> None:
    """A button was pressed: the command goes to this browser's runs of the sweep."""
    with errors_as_notices():
        screen = read_screen()
        sweep = sweep_link.read_sweep(st.query_params.to_dict(), screen.draft, [])
        manager = run_manager.manager()
        for run in manager.store.unfinished_of(sweep.hash):
            if not manager.may_command(run.id, screen.owner):
                continue
            if kind == "go_on" and run.status in RESUMABLE:
                manager.resume(run.id, screen.owner)
            elif run.live or (kind == "stop" and run.status == "queued"):
                manager.command(run.id, screen.owner, Command(kind))  # type: ignore[arg-type]
        sweep_progress.forget_progress()
