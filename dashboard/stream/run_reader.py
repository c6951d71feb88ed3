"""What the page of a run shows while it trains, read from the manager and arranged by the same code as a page's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, get_args

from dashboard.charts.curve_rows import ChartRows
from dashboard.charts.layer_gradients import layer_history_rows
from dashboard.charts.loss_and_gradient_curves import gradient_side_rows, loss_rows, method_measure_rows
from dashboard.charts.pinned_image_bars import pinned_answer_rows, pinned_slots
from dashboard.charts.validation_error_curve import validation_error_rows
from dashboard.components.headline import run_headline_html
from dashboard.components.method_pictures import method_pictures_html
from dashboard.data import run_curves, run_manager
from dashboard.data.curves import Curves
from dashboard.data.page_state import is_going_on, page_state
from dashboard.data.run_progress import progress_text, share_done
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.stream.run_moments import RunMoments
from dashboard.text.roles import Theme
from kdcore.runs.run_record import Run
from kdcore.translation import speaking

PAUSE, WAITING_PAUSE = 0.05, 0.5
"""Seconds between two readings of a run: while it trains or has just been queued, and while it waits."""
JUST = 6.0
"""A run that has waited for fewer seconds has just been queued."""


class RunReader:
    """One run in one language."""

    def __init__(self, run_id: str, language: str) -> None:
        self._run_id, self._language = run_id, language
        self._seen: tuple[Any, ...] = ()
        self._waits = False
        self._moments = RunMoments()

    @property
    def pause(self) -> float:
        """Seconds until it is worth reading again."""
        return WAITING_PAUSE if self._waits else PAUSE

    def check(self) -> None:
        """Return where there is such a run.

        Raises:
            RunRefused: there is none.
        """
        run_manager.manager().run(self._run_id)

    def read(self) -> PageSnapshot | None:
        """What the page shows now; None where the run has not moved.

        Raises:
            RunRefused: there is no such run.
        """
        run = run_manager.manager().run(self._run_id)
        self._waits = run.status == "queued" and time.time() - run.created > JUST
        seen = _moving_parts(run)
        if seen == self._seen and run.status != "queued":
            return None
        self._seen = seen
        with speaking(self._language):
            return run_snapshot(run, run_curves.newest_curves(run), self._moments)


def _moving_parts(run: Run) -> tuple[Any, ...]:
    """What of a run's record can change while it is watched."""
    return (
        run.seq,
        run.cuts,
        run.status,
        run.phase,
        run.progress,
        run.device,
        run.threads,
        run.error,
        run.finished,
    )


def run_snapshot(run: Run, curves: Curves, moments: RunMoments | None = None) -> PageSnapshot:
    """All that the page draws of the run from its stream. `moments`: what is kept of it between two readings."""
    charts = {**_charts(run, curves), "moments": (moments or RunMoments()).rows(run, curves)}
    return PageSnapshot(_values(run, curves), charts, ended=not is_going_on(run))


def _values(run: Run, curves: Curves) -> Mapping[str, Any]:
    return {
        "seq": run.seq,
        "state": page_state(run, curves),
        "text": progress_text(run),
        "share": round(share_done(run), 4),
        "headline": run_headline_html(run, curves),
        "pace": float(run.progress.get("pace") or 0.0),
        **pinned_slots(run.experiment, curves),
        **_pictures(curves),
    }


def _pictures(curves: Curves) -> Mapping[str, str]:
    """A method's pictures in both themes: painted once for all who watch, and again when there are new ones."""
    if not curves.of_kind("Pictures"):
        return {}
    return {f"pictures.{theme}": method_pictures_html(curves, theme) for theme in get_args(Theme)}


def _charts(run: Run, curves: Curves) -> Mapping[str, ChartRows]:
    return {
        "error": validation_error_rows(curves, float(run.experiment.recipe.epochs)),
        "loss.raw": loss_rows(curves, "raw"),
        "loss.scaled": loss_rows(curves, "scaled"),
        "side": gradient_side_rows(curves),
        "layer": layer_history_rows(curves),
        "answers": pinned_answer_rows(curves),
        "measured": method_measure_rows(curves),
    }
