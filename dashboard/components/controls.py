"""The row above the curves: Pause, step, Stop, and how far the run is."""

from __future__ import annotations

import streamlit as st

from dashboard import library
from dashboard.screen import Screen, screen
from dashboard.sentences import duration
from dashboard.state import edge
from dashboard.texts import _
from kdcore.events import Command
from kdcore.runs.store import RESUMABLE, Run
from kdcore.texts import N_

PHASES = {
    "load": N_("loading the images"),
    "teacher": N_("the teacher"),
    "teacher_logits": N_("asking the teacher about every image"),
    "students": N_("the students"),
    "test": N_("the test"),
}
NOT_YOURS = N_("Only the browser that started this run can steer it. Make a copy to have one of your own.")


def tell_run(kind: str) -> None:
    """A button was pressed: the command goes to the run that is shown."""
    with edge():
        now = screen()
        library.manager().command(now.steered.id, now.owner, Command(kind))  # type: ignore[arg-type]


def go_on() -> None:
    """Queue the run again, to go on from its last checkpoint."""
    with edge():
        now = screen()
        library.manager().resume(now.steered.id, now.owner)


def controls(now: Screen, run: Run) -> None:
    """Draw the buttons that fit the run's state, and its progress."""
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if run.live or run.status == "queued":
            _steering(run, disabled=not now.mine)
        elif run.status in RESUMABLE:
            st.button(
                _("Resume"),
                icon=":material/play_arrow:",
                on_click=go_on,
                disabled=not now.mine,
                key="go_on",
                help=_why(now),
            )
        _progress(run)


def _steering(run: Run, *, disabled: bool) -> None:
    help_ = _(NOT_YOURS) if disabled else None
    paused = is_paused(run)
    waiting = run.status == "queued"
    if paused:
        st.button(
            _("Resume"),
            icon=":material/play_arrow:",
            on_click=tell_run,
            args=("resume",),
            disabled=disabled,
            key="resume",
            help=help_,
        )
    else:
        st.button(
            _("Pause"),
            icon=":material/pause:",
            on_click=tell_run,
            args=("pause",),
            disabled=disabled or waiting,
            key="pause",
            help=help_,
        )
    for kind, label, says in (
        ("step_batch", _("+ batch"), _("Train one batch and pause.")),
        ("step_epoch", _("+ epoch"), _("Train one epoch and pause.")),
    ):
        st.button(
            label, on_click=tell_run, args=(kind,), disabled=disabled or waiting, key=kind, help=help_ or says
        )
    st.button(
        _("Stop"),
        icon=":material/stop:",
        on_click=tell_run,
        args=("stop",),
        disabled=disabled,
        key="stop",
        help=help_,
    )


def _why(now: Screen) -> str | None:
    return None if now.mine else _(NOT_YOURS)


def is_paused(run: Run) -> bool:
    """Whether the run holds still and keeps its worker."""
    return run.status == "paused" or (run.status == "running" and bool(run.progress.get("paused")))


def _progress(run: Run) -> None:
    progress = run.progress
    share = progress.get("step", 0) / max(1, progress.get("steps", 1)) if progress else 0.0
    if run.status == "finished":
        share = 1.0
    st.progress(min(1.0, share), text=how_far(run))


def how_far(run: Run) -> str:
    """Where the run is, in one line: phase, epoch, speed, time left, machine."""
    match run.status:
        case "queued":
            return (
                _("waiting, number {n} in the queue").format(n=run.queue_position)
                if run.queue_position
                else _("waiting for a worker")
            )
        case "failed":
            return _("failed")
        case "lost":
            return _("interrupted: its worker died; it can go on from its last checkpoint")
        case "parked":
            return _("paused for a while, so its place was given up; it can go on from its checkpoint")
        case "finished" | "stopped":
            took = (run.finished or run.created) - (run.started or run.created)
            word = _("finished in {time}") if run.status == "finished" else _("stopped after {time}")
            return " · ".join(filter(None, [word.format(time=duration(took)), machine(run)]))
    return " · ".join(filter(None, [*_moving(run), machine(run)]))


def _moving(run: Run) -> list[str]:
    progress, said = run.progress, []
    if is_paused(run):
        said.append(_("paused"))
    if progress.get("epochs") and progress.get("phase") == run.phase:
        who = _("teacher: ") if run.phase == "teacher" else ""
        said.append(
            who + _("epoch {now} of {all}").format(now=f"{progress['epoch']:.3g}", all=progress["epochs"])
        )
    else:
        said.append(_(PHASES.get(run.phase, run.phase)) or _("starting"))
    if progress.get("images_per_second") and not is_paused(run):
        said.append(_("{n} images/s").format(n=f"{progress['images_per_second']:,.0f}"))
    if progress.get("seconds_left") is not None and not is_paused(run):
        said.append(_("{time} left").format(time=duration(progress["seconds_left"])))
    return said


def machine(run: Run) -> str:
    """Device and threads, as recorded."""
    if not run.device:
        return ""
    threads = _("1 thread") if run.threads == 1 else _("{n} threads").format(n=run.threads)
    return f"{run.device}, {threads}" if run.device == "cpu" else run.device
