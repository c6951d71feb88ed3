"""How far a run is, in words and as a share."""

from __future__ import annotations

from dashboard.data import run_manager
from dashboard.text.numbers import duration, grouped, with_others
from dashboard.text.translation import _, listing, ngettext, told
from dashboard.url.parameters import Param
from kdcore.runs.run_record import Run
from kdcore.texts import N_

PHASES = {
    "load": N_("loading the images"),
    "teacher": N_("the teacher"),
    "teacher_logits": N_("asking the teacher about every image"),
    "students": N_("the students"),
    "test": N_("the test"),
}


def is_paused(run: Run) -> bool:
    """Whether the run is paused and keeps its worker."""
    return run.status == "paused" or (run.status == "running" and bool(run.progress.get("paused")))


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
            return _("waiting: {trouble}").format(trouble=told(trouble))
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


def moment_text(step: int, steps: int, epoch: float, epochs: int) -> str:
    """Which step of a run it is, in one line."""
    return _("step {step} of {steps} · epoch {epoch} of {epochs}").format(
        step=grouped(step), steps=grouped(steps), epoch=_epoch_text(epoch), epochs=epochs
    )


def _epoch_text(epoch: float) -> str:
    return f"{epoch:.1f}".removesuffix(".0")


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
        epoch = _("epoch {now} of {all}").format(now=_epoch_text(progress["epoch"]), all=progress["epochs"])
        parts.append(_("teacher: {epoch}").format(epoch=epoch) if run.phase == "teacher" else epoch)
    else:
        parts.append(_(PHASES.get(run.phase, run.phase)) or _("starting"))
    if progress.get("pace") and not paused:
        parts.append(pace_text(progress["pace"]))
    elif progress.get("images_per_second") and not paused:
        parts.append(_("{n} images/s").format(n=f"{progress['images_per_second']:,.0f}"))
    if progress.get("seconds_left") is not None and not paused:
        parts.append(_("{time} left").format(time=duration(progress["seconds_left"])))
    return parts


def pace_text(steps_per_second: float) -> str:
    """How fast a run goes that was told to go slowly."""
    text = ngettext("{n} step a second", "{n} steps a second", round(steps_per_second))
    return text.format(n=f"{steps_per_second:g}")


def device_text(run: Run) -> str:
    """Device, threads and precision, as recorded."""
    threads = _("1 thread") if run.threads == 1 else _("{n} threads").format(n=run.threads)
    parts = [run.device, threads if run.device == "cpu" else "", run.precision]
    return listing(filter(None, parts))
