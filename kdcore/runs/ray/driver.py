"""The process that has runs trained on a Ray cluster and records them: `python -m kdcore.runs.ray.driver --runs FOLDER`.

It is told on its standard input, a line each: `start RUN SLOTS` and `cancel RUN`. It says on its standard output `slots N`
(processors of the cluster), `trouble SENTENCE` and `ended RUN CODE`. At the end of its input it finishes what it has;
SIGTERM has each run hand over a checkpoint and go.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from kdcore import networks, teachers
from kdcore.data import catalogue
from kdcore.errors import OutOfResources, RunRefused, StillroomError
from kdcore.events import Checkpoint, Command, Commands, Event, Progress
from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.runs.checkpoint_schedule import CHECKPOINT_SECONDS
from kdcore.runs.ray.stream import (
    CommandMailbox,
    PackedEvent,
    RemoteJob,
    TeacherFiles,
    pack_event,
    train_on_node,
    unpack_event,
)
from kdcore.runs.recorder import PARK_SECONDS
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import TrainerGone, claim_run, train_claimed
from kdcore.runs.store import Store
from kdcore.runs.store_commands import POLL_SECONDS
from kdcore.system import threads
from kdcore.system.allocator import PASSIVE_WAITING
from kdcore.system.processes import Process

CONNECT_SECONDS = 5.0
AGAIN_SECONDS = 2.0
SILENT_SECONDS = 1.0
"""After which a run that says nothing is made to say again where it was, so that who records it looks up."""
AHEAD = 32
"""Lists of events that a node may be ahead of the record."""
NOWHERE = (
    "No Ray cluster answers at {address}. Start one (`ray start --head`), set RAY_ADDRESS to its address, "
    "or unset STILLROOM_ENGINE to train on this machine."
)
EMPTY = "The Ray cluster has no processors for runs. Add a node, with the cluster's address: `ray start --address=HOST:PORT`."


def main(arguments: Sequence[str] | None = None) -> int:
    """Connect, and have trained what is asked for until there is no more; returns the exit code."""
    options = _parser().parse_args(arguments)
    driver = Driver(options, Process.of(os.getppid()))
    signal.signal(signal.SIGTERM, lambda *_: driver.leave.set())
    threading.Thread(target=driver.listen, daemon=True).start()
    if driver.connect():
        # Ray has put its own in place.
        signal.signal(signal.SIGTERM, lambda *_: driver.leave.set())
        driver.work()
        ray.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m kdcore.runs.ray.driver", description="Record runs of a cluster."
    )
    parser.add_argument("--runs", type=Path, required=True, help="The runs folder.")
    parser.add_argument("--generator", default="", metavar="MODULE:FUNCTION", help="What makes the events.")
    parser.add_argument("--checkpoints-every", type=float, default=CHECKPOINT_SECONDS, metavar="SECONDS")
    parser.add_argument("--park-after", type=float, default=PARK_SECONDS, metavar="SECONDS")
    return parser


class Driver:
    """Runs on their way to the cluster, a thread each."""

    def __init__(self, options: argparse.Namespace, parent: Process) -> None:
        self.options, self.parent = options, parent
        self.leave, self.no_more = threading.Event(), threading.Event()
        self.asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.interrupts: dict[str, threading.Event] = {}
        self.threads: list[threading.Thread] = []
        self.last_said = ""
        self.out, self.speaking = os.fdopen(os.dup(1), "w"), threading.Lock()
        os.dup2(2, 1)  # whatever libraries print belongs into the log

    def say(self, line: str) -> None:
        """Tell the engine; a server that is gone hears nothing."""
        with self.speaking, suppress(BrokenPipeError):
            self.out.write(line + "\n")
            self.out.flush()

    def listen(self) -> None:
        """Take in what is asked, until the engine is gone."""
        for line in sys.stdin:
            self.asked.put(line)
        self.no_more.set()

    def connect(self) -> bool:
        """Join the cluster, however long it takes; returns whether it came to that."""
        while not (self.leave.is_set() or self.no_more.is_set()):
            try:
                self.cluster = Cluster(os.environ.get("RAY_ADDRESS") or "auto", self.options.generator)
                return True
            except OutOfResources as error:
                self.say(f"trouble {error}")
            self.leave.wait(AGAIN_SECONDS)
        return False

    def work(self) -> None:
        """Do what is asked until nothing more can come, or all shall go."""
        told = 0.0
        while not self.leave.is_set():
            if time.monotonic() - told > 1.0:
                told = time.monotonic()
                self._say_capacity()
            with suppress(queue.Empty):
                self._obey(*self.asked.get(timeout=0.2).split())
            self.threads = [thread for thread in self.threads if thread.is_alive()]
            if self.no_more.is_set() and self.asked.empty() and not self.threads:
                return
        for interrupted in self.interrupts.values():
            interrupted.set()
        for thread in self.threads:
            thread.join()

    def _say_capacity(self) -> None:
        cpus = self.cluster.cpus()
        line = f"slots {sum(cpus)}" if cpus else f"trouble {EMPTY}"
        if line != self.last_said:
            self.say(line)
        self.last_said = line

    def _obey(self, word: str, run_id: str, slots: str = "") -> None:
        interrupted = self.interrupts.setdefault(run_id, threading.Event())
        if word == "cancel":
            interrupted.set()
            return
        interrupted.clear()
        thread = threading.Thread(target=self._train, args=[run_id, int(slots), interrupted], name=run_id)
        thread.start()
        self.threads.append(thread)

    def _train(self, run_id: str, slots: int, interrupted: threading.Event) -> None:
        code = 1
        try:
            code = self._trained(Store(self.options.runs), run_id, slots, interrupted)
        except RunRefused as refused:
            print(refused, file=sys.stderr)
            code = 0
        except StillroomError as error:
            print(error, file=sys.stderr)
        finally:
            self.say(f"ended {run_id} {code}")

    def _trained(self, store: Store, run_id: str, slots: int, interrupted: threading.Event) -> int:
        run = store.run(run_id)
        remote = RemoteTraining(self.cluster, run, store.folder)
        try:
            while not remote.has_room():
                if interrupted.is_set() or store.run(run_id).status != "queued":
                    return 0
            claim_run(store, run_id, parent=self.parent, of=("queued",), slots=slots)
            ended = train_claimed(
                store.folder,
                run_id,
                data_folder=catalogue.data_folder(),
                pipeline=remote,
                interrupted=interrupted,
                checkpoints_every=self.options.checkpoints_every,
                park_after=self.options.park_after,
            )
            return 1 if ended.status == "failed" else 0
        finally:
            remote.leave()
            store.close()


# ---- the cluster ----------------------------------------------------------------------------------------------------


class Cluster:
    """A Ray cluster that this process has joined."""

    def __init__(self, address: str, generator: str = "") -> None:
        """`generator`: "module:function" that nodes run in place of what a run's record says.

        Raises:
            OutOfResources: none answers there, or it does not take this process.
        """
        if not _answers(address):
            raise OutOfResources(NOWHERE.format(address=address))
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.WARNING,
                runtime_env={"env_vars": PASSIVE_WAITING},
            )
        except ConnectionError as error:
            raise OutOfResources(NOWHERE.format(address=address)) from error
        except (RuntimeError, ValueError) as error:  # such as another version of Ray or Python
            told = " ".join(str(error).split())
            raise OutOfResources(f"The Ray cluster at {address} cannot be used: {told}") from error
        self.generator = generator
        self.placing = threading.Lock()
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        mailbox: Any = ray.remote(CommandMailbox)
        self.mailbox: Any = mailbox.options(
            num_cpus=0, max_restarts=-1, max_task_retries=-1, max_concurrency=10_000, scheduling_strategy=here
        ).remote()

    def cpus(self) -> list[int]:
        """Processors of each node that has any."""
        return [n for node in self._alive() if (n := int(node["Resources"].get("CPU", 0)))]

    def gpus(self) -> int:
        """GPUs of all nodes."""
        return sum(int(node["Resources"].get("GPU", 0)) for node in self._alive())

    def _alive(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        return [node for node in nodes if node["Alive"]]


def _answers(address: str) -> bool:
    """Whether somebody listens at HOST:PORT: Ray itself would try for a minute and end this process."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return True
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def wanted_cpus(experiment: Experiment, runs_folder: Path, most: int) -> int:
    """Processors for the threads that the networks to be trained take, at most `most`.

    What cannot be known here takes one: its node will say what is wrong with it.
    """
    try:
        entry = catalogue.entry(experiment.dataset)
        trained = {name for stage in stages_of(experiment) for name in stage.learns.values()}
        if teachers.find(experiment.teacher, runs_folder) is None:
            trained.add(experiment.teacher)
        side = entry.size or experiment.image_size
        shape, classes = (entry.channels, side, side), entry.classes or 10
        macs = max(networks.describe(name, shape, classes).macs for name in trained)
    except StillroomError:
        return 1
    return threads.thread_count(experiment.threads, macs, most)


# ---- one run --------------------------------------------------------------------------------------------------------


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
        if self.room is None:
            raise OutOfResources(
                "No node of the cluster has a GPU. Choose device 'auto' or 'cpu', or add a node with one."
            )
        address = f"{self.run.id}/{secrets.token_hex(4)}"
        order = RemoteJob(
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
        stream = self._submit(order, self.room)
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

    def _told_again(self) -> list[Command]:
        """What the run has to hear first: it stood still when its node died, and may not have heard everything."""
        return [Command("pause"), *self.left] if self.latest.paused else list(self.left)

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


if __name__ == "__main__":
    sys.exit(main())
