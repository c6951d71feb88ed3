"""A run's curves and results as pages draw them, arranged once for all viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dashboard.data import method_cards, run_manager, trained_teachers
from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from kdcore.experiment import Experiment
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.run_record import Run

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager


def curves(run: Run) -> Curves:
    """The run's curves and events so far, at most 300 points per curve; arranged once for all viewers."""
    return _curves(
        run_manager.manager(), run.id, run.seq, run.cuts, method_cards.asks_teacher(run.experiment)
    )


def newest_curves(run: Run) -> Curves:
    """The same, not kept: of a run that is read ten times a second, for all who watch it at once."""
    return _arranged(run_manager.manager(), run.id, method_cards.asks_teacher(run.experiment))


@lru_cache(maxsize=32)
def _curves(runs: Manager, run_id: str, seq: int, cuts: int, asks: bool) -> Curves:
    # What can be read changes only with seq and cuts; arranging it takes a tenth of a page's time.
    return _arranged(runs, run_id, asks)


def recorded_curves(
    experiment: Experiment, points: Sequence[Point], events: Sequence[StoredEvent], *, asks: bool
) -> Curves:
    """What was recorded of an experiment, arranged. asks: whether anybody learns from the teacher."""
    has_teacher = any(point.role == "teacher" and point.series == "val_error" for point in points)
    before = [] if has_teacher else _points_before(experiment)
    return Curves([*before, *points], events, asks_teacher=asks)


def _arranged(runs: Manager, run_id: str, asks: bool) -> Curves:
    return recorded_curves(runs.run(run_id).experiment, runs.curves(run_id), runs.events(run_id), asks=asks)


def results(run: Run) -> dict[str, Any]:
    """The run's results, without those of a teacher from which nobody learned."""
    asks = method_cards.asks_teacher(run.experiment)
    return {name: figures for name, figures in run.results.items() if asks or name != TEACHER.name}


@dataclass(frozen=True)
class Errors:
    """The validation errors of a run's student and of its twin."""

    student: Curve
    twin: Curve


def errors(run: Run) -> Errors:
    """The curves that are laid over other runs'; cached for more runs than are shown whole."""
    return _errors(run_manager.manager(), run.id, run.seq, run.cuts)


@lru_cache(maxsize=256)
def _errors(runs: Manager, run_id: str, seq: int, cuts: int) -> Errors:
    curves = Curves(runs.curves(run_id))
    return Errors(curves.curve(STUDENT.name, "val_error"), curves.curve(TWIN.name, "val_error"))


def curves_before(experiment: Experiment) -> Curves:
    """What is known before a run begins: the validation errors of a teacher that is already trained."""
    return Curves(_points_before(experiment), asks_teacher=method_cards.asks_teacher(experiment))


def _points_before(experiment: Experiment) -> list[Point]:
    card = trained_teachers.teacher_card(experiment.teacher)
    if card is None or not card.validation:
        return []
    errors, images = card.validation["errors"], card.validation["images"]
    values = {"val_errors": float(errors), "val_error": errors / images}
    return [Point(0, 0, 0.0, "teacher", "teacher", series, value) for series, value in values.items()]
