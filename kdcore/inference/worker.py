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
from kdcore.inference.job import DIED, STARTING, InferenceJob, JobStatus
from kdcore.inference.models import named
from kdcore.inference.output_cache import MAX_PROJECTED, SPLITS
from kdcore.runs.runs_folder import runs_folder
from kdcore.system.processes import Process

REPORT_SECONDS = 0.25
"""Between two reports of progress."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute the job of the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    if hasattr(os, "nice"):
        os.nice(19)
    try:
        models = tuple(named(key, options.runs) for key in options.networks)
    except StillroomError as error:
        print(error, file=sys.stderr)
        return 2
    folders = (options.runs.absolute(), options.data.absolute())
    job = InferenceJob(models, tuple(options.splits), *folders, options.project, options.most)
    report = _ProgressReporter(job)
    try:
        report(STARTING, 0, 0)
        _compute(job, report)
    except StillroomError as error:
        report.failed(type(error).__name__, str(error))
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        report.failed(OutOfResources.__name__, DIED)
        return 1
    JobStatus.path(job).unlink(missing_ok=True)
    return 0


def _compute(job: InferenceJob, report: _ProgressReporter) -> None:
    import torch

    from kdcore.inference import network_outputs

    torch.set_num_threads(1)
    if job.method:
        network_outputs.compute_projection(
            job.models,
            job.splits[0],
            job.method,
            job.runs_folder,
            most=job.most,
            data_folder=job.data_folder,
            report=report,
        )
    else:
        network_outputs.compute_outputs(
            job.models, job.runs_folder, data_folder=job.data_folder, splits=job.splits, report=report
        )


class _ProgressReporter:
    """Writes a job's progress, at most four times a second, and ends the process when nobody waits for it any more."""

    def __init__(self, job: InferenceJob) -> None:
        self.job, self.process, self.parent = job, str(Process.me()), os.getppid()
        self.what, self.reported = "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if os.getppid() != self.parent:
            raise SystemExit("the process that asked for this is gone")
        now = time.monotonic()
        if what == self.what and now - self.reported < REPORT_SECONDS:
            return
        self.what, self.reported = what, now
        JobStatus(done, total, what, process=self.process).write(self.job)

    def failed(self, kind: str, sentence: str) -> None:
        JobStatus(0, 0, self.what, sentence, kind, self.process).write(self.job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m kdcore.inference.worker",
        description="Compute networks' outputs on a dataset's images, and keep them.",
    )
    parser.add_argument(
        "--networks", nargs="+", required=True, metavar="KEY", help="teacher:NAME or run:ID:ROLE."
    )
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=SPLITS, help="Default: all.")
    parser.add_argument("--project", default="", metavar="METHOD", help="Lay the features of one split out.")
    parser.add_argument("--most", type=int, default=MAX_PROJECTED, help="Images of a projection.")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="The runs folder.")
    parser.add_argument("--data", type=Path, default=catalogue.data_folder(), help="The data folder.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
