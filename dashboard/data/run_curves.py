"""A run's curves and results as pages draw them, arranged once for all who look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from kdcore.experiment import Experiment
from kdcore.runs.curve_store import Point
from kdcore.runs.run_record import Run

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager
from dashboard.data import method_cards, network_choices, run_manager


def curves(run: Run) -> Curves:
    """What the run has said by now, at most 300 points a curve; arranged once for all who look."""
    return _curves(
        run_manager.manager(), run.id, run.seq, run.cuts, method_cards.asks_teacher(run.experiment)
    )


@lru_cache(maxsize=32)
def _curves(runs: Manager, run_id: str, seq: int, cuts: int, asks: bool) -> Curves:
    # What can be read changes only with seq and cuts; arranging it takes a tenth of a page's time.
    points = runs.curves(run_id)
    said = any(point.role == "teacher" and point.series == "val_error" for point in points)
    before = [] if said else _points_before(runs.run(run_id).experiment)
    return Curves([*before, *points], runs.events(run_id), asks_teacher=asks)


def results(run: Run) -> dict[str, Any]:
    """What came of the run, without a teacher from which nobody learned."""
    asks = method_cards.asks_teacher(run.experiment)
    return {who: said for who, said in run.results.items() if asks or who != TEACHER.name}


@dataclass(frozen=True)
class Errors:
    """The validation errors of a run's student and of its twin."""

    student: Curve
    twin: Curve


def errors(run: Run) -> Errors:
    """What is laid over other runs: kept for more runs than are looked at whole."""
    return _errors(run_manager.manager(), run.id, run.seq, run.cuts)


@lru_cache(maxsize=256)
def _errors(runs: Manager, run_id: str, seq: int, cuts: int) -> Errors:
    said = Curves(runs.curves(run_id))
    return Errors(said.curve(STUDENT.name, "val_error"), said.curve(TWIN.name, "val_error"))


def curves_before(experiment: Experiment) -> Curves:
    """What is known before a run begins: the validation errors of a teacher that is already trained."""
    return Curves(_points_before(experiment), asks_teacher=method_cards.asks_teacher(experiment))


def _points_before(experiment: Experiment) -> list[Point]:
    card = network_choices.teacher_card(experiment.teacher)
    if card is None or not card.validation:
        return []
    errors, images = card.validation["errors"], card.validation["images"]
    said = {"val_errors": float(errors), "val_error": errors / images}
    return [Point(0, 0, 0.0, "teacher", "teacher", series, value) for series, value in said.items()]
