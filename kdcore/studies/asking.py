"""What networks answer about a dataset's images: computed by a process of its own, read by the pages with numpy.

`python -m kdcore.studies.asking --networks KEY [KEY...]` asks what was not asked yet and keeps the answers; with
`--project METHOD` it lays their features out in the plane. While it works it tells its progress in a file. `Asker` is the
pages' side of it. Nothing here imports torch before a network is asked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from kdcore import catalogue, errors
from kdcore.errors import DataUnavailable, OutOfResources, StillroomError
from kdcore.runs.local_engine import environment
from kdcore.runs.processes import Process
from kdcore.runs.store import runs_folder
from kdcore.studies import kept_answers
from kdcore.studies.kept_answers import (
    MOST_PROJECTED,
    SPLITS,
    Answers,
    Images,
    Question,
    answers,
    images,
    projection,
    question,
    sampled,
)
from kdcore.studies.knowers import Knower, ask, named, network, of_run, of_teachers
from kdcore.texts import N_

__all__ = [
    "MOST_PROJECTED",
    "SPLITS",
    "Answers",
    "Asker",
    "Images",
    "Knower",
    "Progress",
    "Question",
    "answers",
    "ask",
    "asker",
    "images",
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
class Progress:
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

    knowers: tuple[Knower, ...]
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
            return not kept_answers.missing(self.knowers, self.splits, self.runs_folder, self.data_folder)
        split = self.splits[0]
        return kept_answers.projection_path(
            self.knowers, split, self.method, self.runs_folder, self.most, self.data_folder
        ).is_file()

    @property
    def words(self) -> list[str]:
        """The command line that does it."""
        words = ["--runs", str(self.runs_folder), "--data", str(self.data_folder)]
        words += ["--networks", *(knower.key for knower in self.knowers), "--splits", *self.splits]
        return words + (["--project", self.method, "--most", str(self.most)] if self.method else [])


# ---- the pages' side ------------------------------------------------------------------------------------------------


@cache
def asker(runs_folder: Path) -> Asker:
    """The process's only asker for this folder."""
    return Asker(runs_folder)


class Asker:
    """Starts a process when an answer is missing, one at a time. Safe for threads."""

    def __init__(self, runs_folder: Path, data_folder: Path | None = None) -> None:
        self.runs_folder, self.data_folder = runs_folder, data_folder
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.name = ""
        self.started: set[str] = set()

    def need(
        self, knowers: Sequence[Knower], splits: Sequence[str] = SPLITS, *, again: bool = False
    ) -> Progress | None:
        """None when all networks have answered about the splits; else the progress of their being asked.

        again: try once more what failed.

        Raises:
            DataUnavailable: the images are not here.
            StillroomError: the asking failed, or its process died.
        """
        return self._have(Job(tuple(knowers), tuple(splits), self.runs_folder, self._data()), again)

    def need_projection(
        self,
        knowers: Sequence[Knower],
        split: str,
        method: str,
        most: int = MOST_PROJECTED,
        *,
        again: bool = False,
    ) -> Progress | None:
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

    def _have(self, job: Job, again: bool) -> Progress | None:
        with self.lock:
            own = (
                self.process is not None and self.process.poll() is None
            )  # asked in any case: it leaves no zombie
            told = _Told.read(job)
            underway = (own and self.name == job.name) or (told is not None and told.alive)
            if job.done:  # only now is it known that nobody was still writing
                self.started.discard(job.name)  # its answers may be forgotten, and asked for once more
                return None
            if underway:
                return told.progress if told is not None and told.alive else Progress()
            self._refuse(job, told, again)
            if own:
                return Progress(what=WAITING)
            self._start(job)
            return Progress()

    def _refuse(self, job: Job, told: _Told | None, again: bool) -> None:
        for knower in job.knowers:
            if sentence := kept_answers.unavailable(question(knower, job.data_folder)):
                raise DataUnavailable(sentence)
        if job.name in self.started and not again:
            raise told.failure if told is not None else OutOfResources(DIED)

    def _start(self, job: Job) -> None:
        kept_answers.folder(job.runs_folder).mkdir(parents=True, exist_ok=True)
        _Told.path(job).unlink(missing_ok=True)
        words = [sys.executable, "-m", "kdcore.studies.asking", *job.words]
        with (job.runs_folder / LOG).open("ab") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), process_group=0
            )
        self.name = job.name
        self.started.add(job.name)


# ---- what the process tells -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """A job's progress file: how far its process is, and why it ended where it failed."""

    done: int
    total: int
    what: str
    error: str = ""
    kind: str = ""
    process: str = ""

    @staticmethod
    def path(job: Job) -> Path:
        return kept_answers.folder(job.runs_folder) / f"{job.name}.progress.json"

    @classmethod
    def read(cls, job: Job) -> _Told | None:
        try:
            return cls(**json.loads(cls.path(job).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, job: Job) -> None:
        path = self.path(job)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(self)))
        os.replace(part, path)

    @property
    def progress(self) -> Progress:
        return Progress(self.done, self.total, self.what)

    @property
    def alive(self) -> bool:
        return not self.error and Process.read(self.process).alive

    @property
    def failure(self) -> StillroomError:
        if not self.error:
            return OutOfResources(DIED)
        kind: type[StillroomError] = getattr(errors, self.kind, StillroomError)
        return kind(self.error)


# ---- the process ----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one job, told on the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    if hasattr(os, "nice"):
        os.nice(19)
    try:
        knowers = tuple(named(key, options.runs) for key in options.networks)
    except StillroomError as error:
        print(error, file=sys.stderr)
        return 2
    folders = (options.runs.absolute(), options.data.absolute())
    job = Job(knowers, tuple(options.splits), *folders, options.project, options.most)
    teller = _Teller(job)
    try:
        teller(STARTING, 0, 0)
        _carry_out(job, teller)
    except StillroomError as error:
        teller.failed(type(error).__name__, str(error))
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        teller.failed(OutOfResources.__name__, DIED)
        return 1
    _Told.path(job).unlink(missing_ok=True)
    return 0


def _carry_out(job: Job, teller: _Teller) -> None:
    import torch

    from kdcore.studies import answering

    torch.set_num_threads(1)
    if job.method:
        answering.project(
            job.knowers,
            job.splits[0],
            job.method,
            job.runs_folder,
            most=job.most,
            data_folder=job.data_folder,
            tell=teller,
        )
    else:
        answering.answer(
            job.knowers, job.runs_folder, data_folder=job.data_folder, splits=job.splits, tell=teller
        )


class _Teller:
    """Writes a job's progress, at most four times a second, and ends the process when nobody waits for it any more."""

    def __init__(self, job: Job) -> None:
        self.job, self.process, self.parent = job, str(Process.me()), os.getppid()
        self.what, self.told = "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if os.getppid() != self.parent:
            raise SystemExit("the process that asked for this is gone")
        now = time.monotonic()
        if what == self.what and now - self.told < TELL_SECONDS:
            return
        self.what, self.told = what, now
        _Told(done, total, what, process=self.process).write(self.job)

    def failed(self, kind: str, sentence: str) -> None:
        _Told(0, 0, self.what, sentence, kind, self.process).write(self.job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m kdcore.studies.asking", description="Ask networks about a dataset's images, and keep it."
    )
    parser.add_argument(
        "--networks", nargs="+", required=True, metavar="KEY", help="teacher:NAME or run:ID:ROLE."
    )
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=SPLITS, help="Default: all.")
    parser.add_argument("--project", default="", metavar="METHOD", help="Lay the features of one split out.")
    parser.add_argument("--most", type=int, default=MOST_PROJECTED, help="Images of a projection.")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="The runs folder.")
    parser.add_argument("--data", type=Path, default=catalogue.data_folder(), help="The data folder.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
