"""The default engine: worker processes on this machine, one a run, and one warm spare, which may prefetch for a run that is expected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.installation import compiled_folder
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs.engine import EndedTrainer
from kdcore.system.allocator import PASSIVE_WAITING

LOG = "workers.log"
SLOTS = 2
SPARE_DELAY = 3.0
"""Seconds after a start before the next spare is warmed up: it would slow down the run that has just begun."""


PREFETCH_AGAIN = 10.0
"""Seconds for which prefetching is not given up for another recipe: where many are looked at, none would be finished."""


@dataclass(frozen=True)
class PrefetchWorker:
    """A worker that prefetches for an experiment, or has; since: when it was told to."""

    experiment: Experiment
    worker: subprocess.Popen[bytes]
    since: float

    def serves(self, experiment: Experiment) -> bool:
        """Whether a run of this experiment needs the same."""
        alike = self.experiment.method == experiment.method
        return alike and teacher_question(self.experiment) == teacher_question(experiment)


class LocalEngine:
    """A pool of workers. Not safe for threads: one manager uses it."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        """`arguments` are further words on a worker's command line."""
        self.folder = folder
        self.arguments = list(arguments)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.spare: subprocess.Popen[bytes] | None = None
        self.prefetching: PrefetchWorker | None = None
        self.started = 0.0

    def start(self, run_id: str, slots: int, experiment: Experiment | None = None) -> None:
        """Hand a run to the worker that has prefetched for it, to the spare, or to a new one; it claims the run by itself."""
        worker = self._prefetched_for(experiment)
        if worker is None:
            worker, self.spare = self.spare, None
        if worker is None or worker.poll() is not None:
            worker = self._spawn()
        assert worker.stdin is not None
        # A worker that has just died is found by `ended`.
        with suppress(BrokenPipeError), worker.stdin:
            worker.stdin.write(f"{run_id} {slots}\n".encode())
        self.workers[run_id] = worker
        self.started = time.monotonic()

    def _prefetched_for(self, experiment: Experiment | None) -> subprocess.Popen[bytes] | None:
        """The worker that prefetches what this experiment needs; one that prefetches something else is ended."""
        prefetching, self.prefetching = self.prefetching, None
        if prefetching is None or prefetching.worker.poll() is not None:
            return None
        if experiment is not None and prefetching.serves(experiment):
            return prefetching.worker
        _kill(prefetching.worker)
        return None

    @property
    def slots(self) -> int:
        """Runs at once unless the user says another number: a laptop stays usable."""
        return SLOTS

    @property
    def runs(self) -> list[str]:
        """The runs that were started here and have not ended."""
        return list(self.workers)

    def ended(self) -> list[EndedTrainer]:
        """The workers that are gone since the last call."""
        codes = [
            EndedTrainer(run_id, code) for run_id, w in self.workers.items() if (code := w.poll()) is not None
        ]
        for run_id, _ in codes:
            del self.workers[run_id]
        return codes

    def cancel(self, run_id: str) -> None:
        """Let a run's worker write a checkpoint and go."""
        if run_id in self.workers:
            self.workers[run_id].terminate()

    def keep_spare(self) -> None:
        """See to it that a worker stands ready; one that could not even start is not tried again before the next run."""
        if self.spare is None and time.monotonic() - self.started > SPARE_DELAY:
            self.spare = self._spawn("--spare")

    def prefetch(self, experiment: Experiment | None) -> None:
        """Have the spare prefetch for this experiment, in place of another worker, and let a new spare follow; None ends it."""
        if (before := self.prefetching) is not None:
            if experiment is not None and (
                before.serves(experiment) or time.monotonic() - before.since < PREFETCH_AGAIN
            ):
                return
            _kill(before.worker)
            self.prefetching = None
        if experiment is not None and self.spare is not None:
            worker, self.spare = self.spare, None
            assert worker.stdin is not None
            with suppress(BrokenPipeError):
                worker.stdin.write(f"{experiment.to_json()}\n".encode())
                worker.stdin.flush()
            self.started = time.monotonic()
            self.prefetching = PrefetchWorker(experiment, worker, self.started)

    def close(self, wait: float) -> list[EndedTrainer]:
        """End all workers: `wait` seconds to go by themselves, then by force. Returns who is gone."""
        self.prefetch(None)
        if self.spare is not None:
            _kill(self.spare)
            self.spare = None
        for run_id in self.runs:
            self.cancel(run_id)
        give_up = time.monotonic() + wait
        for worker in self.workers.values():
            try:
                worker.wait(max(0.0, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        return self.ended()

    def _spawn(self, *further: str) -> subprocess.Popen[bytes]:
        words = [
            sys.executable,
            "-m",
            "kdcore.runs.worker",
            "--runs",
            str(self.folder),
            *self.arguments,
            *further,
        ]
        with (self.folder / LOG).open("ab") as log:
            return subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment(),
                # A terminal's ctrl-C is for the server, which ends its workers in order. No session of their own: Linux
                # weighs sessions against each other, and a worker's niceness would count for nothing (sched(7), autogroup).
                process_group=0,
            )


def environment() -> dict[str, str]:
    """What a process that computes beside the server is started with."""
    root = str(Path(__file__).resolve().parents[2])
    compiled = compiled_folder()
    return {
        **({} if compiled is None else {"NUMBA_CACHE_DIR": str(compiled)}),
        **os.environ,
        **PASSIVE_WAITING,
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")])),
    }


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """End a worker that has no run."""
    worker.kill()
    worker.wait()
    if worker.stdin is not None:
        worker.stdin.close()


def terminate(pid: int) -> None:
    """Ask a process that is no child to end; it may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
