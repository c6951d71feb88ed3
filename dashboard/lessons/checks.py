"""What a learner is asked to do, as a lesson's steps check it on what is on screen."""

from __future__ import annotations

from dashboard.data import sweep_link, sweep_progress
from dashboard.data.lesson import Check, Seen
from dashboard.data.screen import read_screen


def temperature(low: float = 0.0, high: float = 1000.0) -> Check:
    """The temperature stands between the two."""
    return lambda seen: low <= seen.temperature <= high


def number_in_link(parameter: str, low: float, high: float) -> Check:
    """A number of the link lies between the two."""

    def check(seen: Seen) -> bool:
        text = seen.link.get(parameter, "")
        return text.isdecimal() and low <= int(text) <= high

    return check


def says(parameter: str, value: str) -> Check:
    """The link says this."""
    return lambda seen: seen.link.get(parameter) == value


def finished_run(**settings: object) -> Check:
    """The run that is shown has been trained to its end, with these settings."""

    def check(seen: Seen) -> bool:
        if seen.run is None or seen.run.status != "finished":
            return False
        flat = seen.run.experiment.flat()
        return all(flat[name] == value for name, value in settings.items())

    return check


def both(first: Check, second: Check) -> Check:
    """Both are done."""
    return lambda seen: first(seen) and second(seen)


def present(parameter: str) -> Check:
    """The link has this parameter."""
    return lambda seen: parameter in seen.link


def swept(field: str) -> Check:
    """The sweep on screen varies this field, the learner started it, and all of its students are trained.

    In a class somebody else may have trained them before: whoever presses Start then finds them, and has done the step.
    """

    def check(seen: Seen) -> bool:
        sweep = sweep_link.read_sweep(dict(seen.link), read_screen().draft, [])
        started = field in sweep.vary and sweep.hash in seen.started_sweeps
        return started and sweep_progress.progress_of(sweep).complete

    return check
