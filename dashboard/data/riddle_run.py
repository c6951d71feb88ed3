"""A run with a riddle and the sound run beside it: which that is, and the figures in which a fault shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.data import run_manager
from dashboard.data.curves import Curve, Curves
from dashboard.data.page_state import is_going_on
from dashboard.data.start_run import start_run
from dashboard.text.roles import STUDENT, TWIN
from kdcore.data import catalogue
from kdcore.experiment import Experiment
from kdcore.faults.badge import riddle_seed
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.faults.contract import Fault


def is_riddle(experiment: Experiment) -> bool:
    """Whether it has a riddle."""
    return riddle_seed(experiment.fault) is not None


def sound_run(experiment: Experiment) -> Run | None:
    """The newest run of the same experiment without its fault: a finished one, else one that goes on; None without any."""
    sound = experiment.with_flat(fault="")
    runs = [run for run in run_manager.manager().runs(hash=sound.hash, limit=10) if run.hash == sound.hash]
    finished = [run for run in runs if run.status == "finished"]
    return next(iter([*finished, *filter(is_going_on, runs)]), None)


def begin_sound_run(experiment: Experiment, owner: str) -> None:
    """Queue the sound run of a riddle's experiment, unless there is one."""
    if is_riddle(experiment) and sound_run(experiment) is None:
        start_run(experiment.with_flat(fault=""), owner)


def answer(experiment: Experiment) -> Fault | None:
    """What the riddle hides; None where it hides nothing. Only for whoever has named something.

    Raises:
        StillroomError: the experiment cannot run here any more.
    """
    from kdcore.pipelines import checks

    return checks.check(experiment, data_folder=catalogue.data_folder(), runs_folder=runs_folder()).fault


@dataclass(frozen=True)
class Symptom:
    """A figure of both runs. None where a run has none.

    Attributes:
        title: what it is.
        values: of the run with the riddle, and of the sound one; each at the start and at the end, or once.
    """

    title: str
    values: tuple[tuple[float | None, ...], tuple[float | None, ...]]


ENDED = 0.8
"""A curve that has no value after this share of the epochs has ended."""
CURVES = (
    (N_("soft loss, raw"), STUDENT.name, "loss.soft targets.raw"),
    (N_("soft loss, as it enters the sum"), STUDENT.name, "loss.soft targets.scaled"),
    (N_("labels' loss, raw"), STUDENT.name, "loss.labels.raw"),
    (N_("labels' loss, as it enters the sum"), STUDENT.name, "loss.labels.scaled"),
    (N_("gradient from the teacher"), STUDENT.name, "grad.side.teacher"),
    (N_("gradient from the labels"), STUDENT.name, "grad.side.labels"),
    (N_("gradient of the twin"), TWIN.name, "grad.side.labels"),
)
FIGURES = (
    (N_("student, lowest validation errors"), STUDENT.name, "lowest"),
    (N_("student, validation errors of what is kept"), STUDENT.name, "val_errors"),
    (N_("twin, lowest validation errors"), TWIN.name, "lowest"),
    (N_("twin, validation errors of what is kept"), TWIN.name, "val_errors"),
    (N_("student, test errors"), STUDENT.name, "test_errors"),
    (N_("twin, test errors"), TWIN.name, "test_errors"),
    (N_("student, test NLL"), STUDENT.name, "test_nll"),
    (N_("twin, test NLL"), TWIN.name, "test_nll"),
    (N_("student, temperature that fits"), STUDENT.name, "fitted_temperature"),
)


def symptoms(
    riddle: Run, sound: Run, curves_of: Callable[[Run], Curves]
) -> tuple[list[Symptom], list[Symptom]]:
    """What the curves say at the start and at the end, and what was measured at the end, of both runs."""
    both = [(run, curves_of(run)) for run in (riddle, sound)]
    epochs = riddle.experiment.recipe.epochs
    moving = [
        Symptom(title, tuple(_ends(curves.curve(role, series), epochs) for _run, curves in both))  # type: ignore[arg-type]
        for title, role, series in CURVES
    ]
    measured = [
        Symptom(title, tuple((_figure(run, curves, role, name),) for run, curves in both))  # type: ignore[arg-type]
        for title, role, name in FIGURES
    ]
    return moving, measured


def _ends(curve: Curve, epochs: float) -> tuple[float | None, float | None]:
    """First and last value; no last one where the curve ends long before the run."""
    if not curve.values:
        return None, None
    return curve.values[0], curve.values[-1] if curve.epochs[-1] >= ENDED * epochs else None


def _figure(run: Run, curves: Curves, role: str, name: str) -> float | None:
    if name == "lowest":
        return min(curves.curve(role, "val_errors").values, default=None)
    value = run.results.get(role, {}).get(name)
    return None if value is None else float(value)
