"""The process that has runs trained on a Ray cluster and records them: `python -m kdcore.runs.ray.driver --runs FOLDER`.

It is told on its standard input, a line each: `start RUN SLOTS` and `cancel RUN`. It says on its standard output `slots N`
(processors of the cluster), `trouble SENTENCE` and `ended RUN CODE`. At the end of its input it finishes what it has;
SIGTERM has each run hand over a checkpoint and go.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import ray

from kdcore.data import catalogue
from kdcore.errors import OutOfResources, RunRefused, StillroomError
from kdcore.runs.checkpoint_schedule import CHECKPOINT_SECONDS
from kdcore.runs.paused_run_timeout import PARK_SECONDS
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.ray.cluster import Cluster
from kdcore.runs.ray.remote_training import RemoteTraining
from kdcore.runs.run_training import claim_run, train_claimed
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from kdcore.texts import N_

AGAIN_SECONDS = 2.0


EMPTY = N_(
    "The Ray cluster has no processors for runs. Add a node, with the cluster's address: `ray start --address=HOST:PORT`."
)


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
                limits=QueueLimits.from_environment(),
            )
            return 1 if ended.status == "failed" else 0
        finally:
            remote.leave()
            store.close()


if __name__ == "__main__":
    sys.exit(main())
