"""An inference job: what one process computes, how far it is, and where it writes that down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kdcore import errors
from kdcore.atomic_files import write_atomically
from kdcore.errors import OutOfResources, StillroomError
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel
from kdcore.inference.output_cache import MAX_PROJECTED, selection_of
from kdcore.system.processes import Process
from kdcore.texts import N_

STARTING = N_("Starting")
DIED = N_(
    "The process that asks the networks ended before it was done. There may have been too little memory: "
    "end what else is running, then try again."
)


@dataclass(frozen=True)
class JobProgress:
    """How far a job is: what is being done, how much of it is done, and how much there is (0 where unknown)."""

    done: int = 0
    total: int = 0
    what: str = STARTING

    @property
    def share(self) -> float:
        """Share of what is being done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True)
class InferenceJob:
    """What one process computes: the networks' outputs on splits, or a projection of their features of one split.

    Attributes:
        models: the networks, the first of which a projection is aligned to.
        splits: of their datasets; a projection has one.
        method: of the projection; empty where outputs are computed.
        most: images of a projection.
    """

    models: tuple[InferenceModel, ...]
    splits: tuple[str, ...]
    runs_folder: Path
    data_folder: Path
    method: str = ""
    most: int = MAX_PROJECTED

    @cached_property
    def name(self) -> str:
        """Names the job by all that its outcome depends on."""
        about: list[Any] = [
            [k.digest, selection_of(k, self.data_folder).key, k.transfer] for k in self.models
        ]
        about += [self.splits, self.method, self.most]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    @property
    def done(self) -> bool:
        """Whether all that it computes is in the cache."""
        if not self.method:
            return not output_cache.missing_outputs(
                self.models, self.splits, self.runs_folder, self.data_folder
            )
        split = self.splits[0]
        return output_cache.projection_path(
            self.models, split, self.method, self.runs_folder, self.most, self.data_folder
        ).is_file()

    @property
    def arguments(self) -> list[str]:
        """The arguments of the worker that computes it."""
        arguments = ["--runs", str(self.runs_folder), "--data", str(self.data_folder)]
        arguments += ["--networks", *(model.key for model in self.models), "--splits", *self.splits]
        return arguments + (["--project", self.method, "--most", str(self.most)] if self.method else [])


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
    def path(job: InferenceJob) -> Path:
        """Where the job's process writes its progress."""
        return output_cache.cache_folder(job.runs_folder) / f"{job.name}.progress.json"

    @classmethod
    def read(cls, job: InferenceJob) -> JobStatus | None:
        """What is written of the job, or None."""
        try:
            return cls(**json.loads(cls.path(job).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, job: InferenceJob) -> None:
        """Write it for the client; worthless once the machine is off."""
        write_atomically(self.path(job), json.dumps(asdict(self)).encode(), durable=False)

    @property
    def progress(self) -> JobProgress:
        """How far the job is."""
        return JobProgress(self.done, self.total, self.what)

    @property
    def alive(self) -> bool:
        """Whether the process still computes."""
        return not self.error and Process.read(self.process).alive

    @property
    def failure(self) -> StillroomError:
        """Why the job ended before it was done."""
        if not self.error:
            return OutOfResources(DIED)
        kind: type[StillroomError] = getattr(errors, self.kind, StillroomError)
        return kind(self.error)
