"""Asking networks about a dataset's images: answered by a process of its own, read with numpy."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from kdcore import errors
from kdcore.atomic_files import write_atomically
from kdcore.data import catalogue
from kdcore.errors import DataUnavailable, OutOfResources, StillroomError
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel, ask, named, network, of_run, of_teachers
from kdcore.inference.output_cache import (
    MOST_PROJECTED,
    SPLITS,
    Images,
    Question,
    answers,
    images,
    projection,
    question,
    sampled,
)
from kdcore.runs.local_engine import environment
from kdcore.system.processes import Process
from kdcore.texts import N_

__all__ = [
    "MOST_PROJECTED",
    "SPLITS",
    "Images",
    "InferenceClient",
    "InferenceModel",
    "JobProgress",
    "Question",
    "answers",
    "ask",
    "images",
    "inference_client",
    "named",
    "network",
    "of_run",
    "of_teachers",
    "projection",
    "question",
    "sampled",
]


LOG = "asking.log"


TELL_SECONDS = 0.25


STARTING, WAITING = N_("Starting"), N_("Waiting for other networks")


DIED = (
    "The process that asks the networks ended before it was done. There may have been too little memory: "
    "end what else is running, then try again."
)


@dataclass(frozen=True)
class JobProgress:
    """How far the asking is: what is being done, how much of it is done, and how much there is (0 where unknown)."""

    done: int = 0
    total: int = 0
    what: str = STARTING

    @property
    def share(self) -> float:
        """Share of what is being done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True)
class Job:
    """What one process does: ask networks about splits, or lay out their features of one split by a method."""

    knowers: tuple[InferenceModel, ...]
    splits: tuple[str, ...]
    runs_folder: Path
    data_folder: Path
    method: str = ""
    most: int = MOST_PROJECTED

    @cached_property
    def name(self) -> str:
        """Names the job by all that its outcome depends on."""
        about: list[Any] = [[k.digest, question(k, self.data_folder).key, k.transfer] for k in self.knowers]
        about += [self.splits, self.method, self.most]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    @property
    def done(self) -> bool:
        """Whether all that it computes is kept."""
        if not self.method:
            return not output_cache.missing(self.knowers, self.splits, self.runs_folder, self.data_folder)
        split = self.splits[0]
        return output_cache.projection_path(
            self.knowers, split, self.method, self.runs_folder, self.most, self.data_folder
        ).is_file()

    @property
    def words(self) -> list[str]:
        """The command line that does it."""
        words = ["--runs", str(self.runs_folder), "--data", str(self.data_folder)]
        words += ["--networks", *(knower.key for knower in self.knowers), "--splits", *self.splits]
        return words + (["--project", self.method, "--most", str(self.most)] if self.method else [])


@cache
def inference_client(runs_folder: Path) -> InferenceClient:
    """The process's only asker for this folder."""
    return InferenceClient(runs_folder)


class InferenceClient:
    """Starts a process when an answer is missing, one at a time. Safe for threads."""

    def __init__(self, runs_folder: Path, data_folder: Path | None = None) -> None:
        self.runs_folder, self.data_folder = runs_folder, data_folder
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.name = ""
        self.started: set[str] = set()

    def need(
        self, knowers: Sequence[InferenceModel], splits: Sequence[str] = SPLITS, *, again: bool = False
    ) -> JobProgress | None:
        """None when all networks have answered about the splits; else the progress of their being asked.

        again: try once more what failed.

        Raises:
            DataUnavailable: the images are not here.
            StillroomError: the asking failed, or its process died.
        """
        return self._have(Job(tuple(knowers), tuple(splits), self.runs_folder, self._data()), again)

    def need_projection(
        self,
        knowers: Sequence[InferenceModel],
        split: str,
        method: str,
        most: int = MOST_PROJECTED,
        *,
        again: bool = False,
    ) -> JobProgress | None:
        """The same for the networks' features of at most `most` images of a split, in the plane (see `projection`)."""
        folders = (self.runs_folder, self._data())
        return self._have(Job(tuple(knowers), (split,), *folders, method, most), again)

    def close(self) -> None:
        """End the process that is asking."""
        with self.lock:
            if self.process is not None:
                self.process.terminate()
                self.process.wait()

    def _data(self) -> Path:
        return self.data_folder or catalogue.data_folder()

    def _have(self, job: Job, again: bool) -> JobProgress | None:
        with self.lock:
            own = (
                self.process is not None and self.process.poll() is None
            )  # asked in any case: it leaves no zombie
            told = JobStatus.read(job)
            underway = (own and self.name == job.name) or (told is not None and told.alive)
            if job.done:  # only now is it known that nobody was still writing
                self.started.discard(job.name)  # its answers may be forgotten, and asked for once more
                return None
            if underway:
                return told.progress if told is not None and told.alive else JobProgress()
            self._refuse(job, told, again)
            if own:
                return JobProgress(what=WAITING)
            self._start(job)
            return JobProgress()

    def _refuse(self, job: Job, told: JobStatus | None, again: bool) -> None:
        for knower in job.knowers:
            if sentence := output_cache.unavailable(question(knower, job.data_folder)):
                raise DataUnavailable(sentence)
        if job.name in self.started and not again:
            raise told.failure if told is not None else OutOfResources(DIED)

    def _start(self, job: Job) -> None:
        output_cache.folder(job.runs_folder).mkdir(parents=True, exist_ok=True)
        JobStatus.path(job).unlink(missing_ok=True)
        words = [sys.executable, "-m", "kdcore.inference.worker", *job.words]
        with (job.runs_folder / LOG).open("ab") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), process_group=0
            )
        self.name = job.name
        self.started.add(job.name)


@dataclass(frozen=True)
class JobStatus:
    """A job's progress file: how far its process is, and why it ended where it failed."""

    done: int
    total: int
    what: str
    error: str = ""
    kind: str = ""
    process: str = ""

    @staticmethod
    def path(job: Job) -> Path:
        return output_cache.folder(job.runs_folder) / f"{job.name}.progress.json"

    @classmethod
    def read(cls, job: Job) -> JobStatus | None:
        try:
            return cls(**json.loads(cls.path(job).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, job: Job) -> None:
        write_atomically(self.path(job), json.dumps(asdict(self)).encode(), durable=False)

    @property
    def progress(self) -> JobProgress:
        return JobProgress(self.done, self.total, self.what)

    @property
    def alive(self) -> bool:
        return not self.error and Process.read(self.process).alive

    @property
    def failure(self) -> StillroomError:
        if not self.error:
            return OutOfResources(DIED)
        kind: type[StillroomError] = getattr(errors, self.kind, StillroomError)
        return kind(self.error)
