"""The pages' way to networks' outputs: what is not in the cache is computed by a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from kdcore.data import catalogue
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.inference import output_cache
from kdcore.inference.job import DIED, InferenceJob, JobProgress, JobStatus
from kdcore.inference.models import InferenceModel
from kdcore.inference.output_cache import MAX_PROJECTED, SPLITS, selection_of
from kdcore.runs.local_engine import environment
from kdcore.texts import N_

LOG = "asking.log"
WAITING = N_("Waiting for other networks")


@cache
def inference_client(runs_folder: Path) -> InferenceClient:
    """The process's only client for this folder."""
    return InferenceClient(runs_folder)


class InferenceClient:
    """Starts a process when outputs are missing, one at a time. Safe for threads."""

    def __init__(self, runs_folder: Path, data_folder: Path | None = None) -> None:
        self.runs_folder, self.data_folder = runs_folder, data_folder
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.name = ""
        self.started: set[str] = set()

    def need(
        self, models: Sequence[InferenceModel], splits: Sequence[str] = SPLITS, *, again: bool = False
    ) -> JobProgress | None:
        """None when the cache has all networks' outputs on the splits; else how far computing them is.

        again: try once more what failed.

        Raises:
            DataUnavailable: the images are not here.
            StillroomError: computing them failed, or its process died.
        """
        return self._have(InferenceJob(tuple(models), tuple(splits), self.runs_folder, self._data()), again)

    def need_projection(
        self,
        models: Sequence[InferenceModel],
        split: str,
        method: str,
        most: int = MAX_PROJECTED,
        *,
        again: bool = False,
    ) -> JobProgress | None:
        """The same for the networks' features of at most `most` images of a split, in the plane (see `projection`)."""
        folders = (self.runs_folder, self._data())
        return self._have(InferenceJob(tuple(models), (split,), *folders, method, most), again)

    def close(self) -> None:
        """End the process that computes."""
        with self.lock:
            if self.process is not None:
                self.process.terminate()
                self.process.wait()

    def _data(self) -> Path:
        return self.data_folder or catalogue.data_folder()

    def _have(self, job: InferenceJob, again: bool) -> JobProgress | None:
        with self.lock:
            own = (
                self.process is not None and self.process.poll() is None
            )  # polled in any case: it leaves no zombie
            status = JobStatus.read(job)
            underway = (own and self.name == job.name) or (status is not None and status.alive)
            if job.done:  # only now is it known that nobody was still writing
                self.started.discard(job.name)  # its outputs may be removed, and needed once more
                return None
            if underway:
                return status.progress if status is not None and status.alive else JobProgress()
            self._refuse(job, status, again)
            if own:
                return JobProgress(what=WAITING)
            self._start(job)
            return JobProgress()

    def _refuse(self, job: InferenceJob, status: JobStatus | None, again: bool) -> None:
        for model in job.models:
            if sentence := output_cache.unavailable_reason(selection_of(model, job.data_folder)):
                raise DataUnavailable(sentence)
        if job.name in self.started and not again:
            raise status.failure if status is not None else OutOfResources(DIED)

    def _start(self, job: InferenceJob) -> None:
        output_cache.cache_folder(job.runs_folder).mkdir(parents=True, exist_ok=True)
        JobStatus.path(job).unlink(missing_ok=True)
        command = [sys.executable, "-m", "kdcore.inference.worker", *job.arguments]
        with (job.runs_folder / LOG).open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), process_group=0
            )
        self.name = job.name
        self.started.add(job.name)
