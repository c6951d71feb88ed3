"""The row above the curves: Pause, step, Stop, and how far the run is."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import run_manager
from dashboard.data.screen import read_screen
from dashboard.session import Key
from dashboard.text.numbers import duration, with_others
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from kdcore.events import Command
from kdcore.runs.run_record import RESUMABLE, Run
from kdcore.texts import N_

Kind = Literal["pause", "resume", "step_batch", "step_epoch", "stop"]
PHASES = {
    "load": N_("loading the images"),
    "teacher": N_("the teacher"),
    "teacher_logits": N_("asking the teacher about every image"),
    "students": N_("the students"),
    "test": N_("the test"),
}
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


def run_controls(run: Run, watching: bool) -> None:
    """Draw the buttons that fit the run's state, and its progress; `watching`: the run is another browser's."""
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if run.live or run.status == "queued":
            _steering(run, watching)
        elif run.status in RESUMABLE:
            st.button(
                _("Resume"),
                icon=":material/play_arrow:",
                on_click=resume_run,
                key="go_on",
                **_permission(watching),
            )
        ahead = owners_other_run(run) if run.status == "queued" else None
        st.progress(share_done(run), text=waiting_text(ahead, watching) if ahead else progress_text(run))


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


def is_paused(run: Run) -> bool:
    """Whether the run is paused and keeps its worker."""
    return run.status == "paused" or (run.status == "running" and bool(run.progress.get("paused")))


# ---------------------------------------------------------------------------------------------- progress


def share_done(run: Run) -> float:
    """How much of the current phase is done, 0 to 1."""
    if run.status == "finished":
        return 1.0
    if run.live and run.progress.get("phase") != run.phase:
        return 0.0
    return min(1.0, float(run.progress.get("step", 0)) / max(1.0, float(run.progress.get("steps", 1))))


def owners_other_run(run: Run) -> Run | None:
    """The run of the same owner that is training: an owner's runs take turns."""
    others = run_manager.manager().runs()
    return next(
        (other for other in others if other.live and other.owner == run.owner and other.id != run.id), None
    )


def waiting_text(ahead: Run, watching: bool) -> str:
    """The text of a run that waits for its owner's other run; only the owner gets a link to it."""
    if watching:
        return _("waiting for its owner's other run")
    return _("waiting for [your other run]({link}) to end").format(link=f"?{Param.RUN}={ahead.id}")


def progress_text(run: Run) -> str:
    """Where the run is, in one line: phase, epoch, speed, time left, machine."""
    match run.status:
        case "queued" if trouble := run_manager.manager().trouble:
            return _("waiting: {trouble}").format(trouble=trouble)
        case "queued" if run.queue_position is not None and run.queue_position > 1:
            return _("waiting, number {n} in the queue").format(n=run.queue_position)
        case "queued":
            return _("waiting for a worker")
        case "failed":
            return _("failed")
        case "lost":
            return _("interrupted; it can resume from its last checkpoint")
        case "parked":
            return _("paused for so long that it lost its slot; it can resume from its checkpoint")
        case "finished" | "stopped":
            word = _("finished in {time}") if run.status == "finished" else _("stopped after {time}")
            time = with_others(duration(_worked_seconds(run)), run.others)
            took = word.format(time=time) if run.results else ""
            return " · ".join(filter(None, [took, device_text(run)]))
    return " · ".join(filter(None, [*_training_text(run), device_text(run)]))


def _worked_seconds(run: Run) -> float:
    """Seconds of work over all resumptions, without pauses and waiting."""
    if run.active:
        return run.active
    seconds: dict[str, float] = run.results.get("seconds", {})
    return sum(taken for phase, taken in seconds.items() if phase != "students_per_epoch")


def _training_text(run: Run) -> list[str]:
    progress, paused = run.progress, is_paused(run)
    parts = [_("paused")] if paused else []
    if progress.get("epochs") and progress.get("phase") == run.phase:
        epoch = _("epoch {now} of {all}").format(
            now=f"{progress['epoch']:.1f}".removesuffix(".0"), all=progress["epochs"]
        )
        parts.append(_("teacher: {epoch}").format(epoch=epoch) if run.phase == "teacher" else epoch)
    else:
        parts.append(_(PHASES.get(run.phase, run.phase)) or _("starting"))
    if progress.get("images_per_second") and not paused:
        parts.append(_("{n} images/s").format(n=f"{progress['images_per_second']:,.0f}"))
    if progress.get("seconds_left") is not None and not paused:
        parts.append(_("{time} left").format(time=duration(progress["seconds_left"])))
    return parts


def device_text(run: Run) -> str:
    """Device and threads, as recorded."""
    if run.device != "cpu":
        return run.device
    threads = _("1 thread") if run.threads == 1 else _("{n} threads").format(n=run.threads)
    return f"{run.device}, {threads}"
