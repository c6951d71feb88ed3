"""Comparisons of sizes, measured when somebody asks for one: in a process of its own, one at a time, and kept with the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock, Thread

from dashboard.data.kdcore_process import printed
from kdcore.compression import kept_comparison
from kdcore.compression.small_network import SmallNetwork
from kdcore.errors import RunRefused
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

PATIENCE = 900.0
"""Seconds after which a measurement is given up."""
TOO_LONG = N_("Measuring took too long. Try again when less is training here.")
_one_at_a_time = Lock()
_asked: dict[str, Measurement] = {}


@dataclass
class Measurement:
    """One that was asked for: whether it still goes on, and why it failed, as a sentence."""

    running: bool = True
    failed: str = ""


def measured(run: Run) -> Sequence[SmallNetwork]:
    """What was measured of the run; empty before that."""
    return kept_comparison.kept(runs_folder() / run.id)


def asked(run: Run) -> Measurement | None:
    """The measurement that was asked for of this run since the server has started; None where nobody did."""
    return _asked.get(run.id)


def measure(run: Run) -> None:
    """Begin to measure.

    Raises:
        RunRefused: another run is being measured.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise RunRefused(N_("Another run's networks are being measured. Try again in a minute."))
    _asked[run.id] = Measurement()
    Thread(target=_wait_for, args=(run.id, _asked[run.id]), daemon=True).start()


def _wait_for(run_id: str, measurement: Measurement) -> None:
    try:
        measurement.failed = _sentence_of(run_id)
    finally:
        measurement.running = False
        _one_at_a_time.release()


def _sentence_of(run_id: str) -> str:
    """Why the process failed, as a sentence; empty where it did not."""
    try:
        printed(["compress", run_id], patience=PATIENCE, too_long=TOO_LONG)
    except RunRefused as error:
        return str(error)
    return ""
