"""The process that runs networks for the pages: `python -m kdcore.inference.worker`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from kdcore.data import catalogue
from kdcore.errors import OutOfResources, StillroomError
from kdcore.inference.client import DIED, STARTING, TELL_SECONDS, Job, JobStatus
from kdcore.inference.models import named
from kdcore.inference.output_cache import (
    MOST_PROJECTED,
    SPLITS,
)
from kdcore.runs.runs_folder import runs_folder
from kdcore.system.processes import Process


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
    JobStatus.path(job).unlink(missing_ok=True)
    return 0


def _carry_out(job: Job, teller: _Teller) -> None:
    import torch

    from kdcore.inference import network_outputs

    torch.set_num_threads(1)
    if job.method:
        network_outputs.project(
            job.knowers,
            job.splits[0],
            job.method,
            job.runs_folder,
            most=job.most,
            data_folder=job.data_folder,
            tell=teller,
        )
    else:
        network_outputs.answer(
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
        JobStatus(done, total, what, process=self.process).write(self.job)

    def failed(self, kind: str, sentence: str) -> None:
        JobStatus(0, 0, self.what, sentence, kind, self.process).write(self.job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m kdcore.inference.client", description="Ask networks about a dataset's images, and keep it."
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
