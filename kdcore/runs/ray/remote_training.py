"""One run trained on a node of the cluster, seen from the driver: its job goes out, its events come in."""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from kdcore import teachers
from kdcore.errors import InvalidExperiment, OutOfResources
from kdcore.events import Checkpoint, Command, Commands, Event, Progress
from kdcore.experiment import Experiment
from kdcore.faults.badge import riddle_seed
from kdcore.runs.ray.cluster import Cluster
from kdcore.runs.ray.cpu_request import wanted_cpus
from kdcore.runs.ray.stream import (
    PackedEvent,
    RemoteJob,
    TeacherFiles,
    pack_event,
    train_on_node,
    unpack_event,
)
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import TrainerGone
from kdcore.runs.store_commands import POLL_SECONDS
from kdcore.texts import N_

SILENT_SECONDS = 1.0
"""After which a run that says nothing is made to say again where it was, so that who records it looks up."""


AHEAD = 32
"""Lists of events that a node may be ahead of the record."""

NO_RIDDLES = N_(
    "A riddle's secret stays in this server's runs folder, so that no node of the cluster can train one. "
    "Train it on this machine: leave STILLROOM_ENGINE out."
)


class RemoteTraining:
    """What makes a run's events: a node of the cluster, and another one when that is gone (`Generate`)."""

    def __init__(self, cluster: Cluster, run: Run, runs_folder: Path) -> None:
        self.cluster, self.run, self.runs_folder = cluster, run, runs_folder
        self.cpus = wanted_cpus(run.experiment, runs_folder, max(cluster.cpus(), default=1))
        self.gpus = int(
            run.experiment.device == "cuda" or (run.experiment.device == "auto" and cluster.gpus() > 0)
        )
        self.room: PlacementGroup | None = None
        self.left: list[Command] = []
        self.latest = Progress("load", 0, 1, 0.0, 1)

    def has_room(self) -> bool:
        """Whether a node has set aside what the run takes; waits for it a little. True where no node ever could."""
        if self.gpus > self.cluster.gpus():
            return True
        if self.room is None:
            self.room = placement_group(
                [{"CPU": self.cpus, "GPU": self.gpus} if self.gpus else {"CPU": self.cpus}]
            )
        return bool(self.room.wait(SILENT_SECONDS))

    def leave(self) -> None:
        """Free what was set aside; a task that is still there ends."""
        if self.room is not None:
            remove_placement_group(self.room)

    def __call__(
        self,
        experiment: Experiment,
        *,
        data_folder: Path,
        runs_folder: Path,
        commands: Commands,
        resume: Checkpoint | None,
    ) -> Iterator[Event]:
        """Have the run trained from its beginning or a checkpoint.

        Raises:
            TrainerGone: its node is gone, or its process there.
            StillroomError: whatever stops the run, in a sentence.
        """
        if riddle_seed(experiment.fault) is not None:
            raise InvalidExperiment(NO_RIDDLES)
        if self.room is None:
            raise OutOfResources(
                "No node of the cluster has a GPU. Choose device 'auto' or 'cpu', or add a node with one."
            )
        address = f"{self.run.id}/{secrets.token_hex(4)}"
        stream = self._submit(self._remote_job(address, experiment, resume), self.room)
        try:
            yield from self._heard(stream, address, commands)
        except OutOfMemoryError as error:
            raise OutOfResources(
                "The run's node has not enough memory for it. Choose a smaller batch or network, or end what else is running there."
            ) from error
        except RayTaskError as error:
            raise error.cause from error
        except RayError as error:
            self.left += ray.get(self.cluster.mailbox.close.remote(address))
            raise TrainerGone(
                f"What trained this run is gone ({type(error).__name__}), again and again. Resume the run to go on."
            ) from error
        finally:
            self.cluster.mailbox.close.remote(address)
            ray.cancel(stream, force=True)

    def _remote_job(self, address: str, experiment: Experiment, resume: Checkpoint | None) -> RemoteJob:
        return RemoteJob(
            address,
            experiment.to_json(),
            self.run.kind,
            self.run.job.to_json(),
            self.cluster.generator,
            None if resume is None else pack_event(resume),
            teachers.files_of(experiment, self.runs_folder),
            self._told_again(),
            self.cpus,
        )

    def _told_again(self) -> list[Command]:
        """What the run has to hear first: it stood still when its node died, and may not have heard everything."""
        pace = [Command("pace", value=self.latest.pace)] if self.latest.pace else []
        return [*pace, *([Command("pause")] if self.latest.paused else []), *self.left]

    def _submit(self, order: RemoteJob, room: PlacementGroup) -> Any:
        task: Any = ray.remote(train_on_node)
        return task.options(
            num_returns="streaming",
            max_retries=0,
            num_cpus=self.cpus,
            num_gpus=self.gpus,
            name=f"run {self.run.id}",
            _generator_backpressure_num_objects=AHEAD,
            scheduling_strategy=PlacementGroupSchedulingStrategy(room),
        ).remote(order, self.cluster.mailbox)

    def _heard(self, stream: Any, address: str, commands: Commands) -> Generator[Event]:
        heard = time.monotonic()
        while True:
            if found := commands.poll():
                self.cluster.mailbox.put.remote(address, found)
            ready, _ = ray.wait([stream], timeout=POLL_SECONDS)
            if ready:
                heard = time.monotonic()
                try:
                    said = ray.get(next(stream))
                except StopIteration:
                    return
                self.left = []
                yield from self._taken(said)
            elif time.monotonic() - heard > SILENT_SECONDS:
                heard = time.monotonic()
                yield self.latest

    def _taken(self, said: list[Any]) -> Iterator[Event]:
        for one in said:
            match one:
                case PackedEvent():
                    yield unpack_event(one)
                case TeacherFiles():
                    with self.cluster.placing:
                        teachers.store_files(one.content, self.runs_folder)
                case Progress():
                    self.latest = one
                    yield one
                case _:
                    yield one
