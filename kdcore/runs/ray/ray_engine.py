"""The engine for more machines: runs are trained on the nodes of a Ray cluster, and recorded here.

Ray and torch stay out of the server: one process beside it, the driver (`kdcore.runs.ray.driver`), holds the leases of all
runs that the cluster trains, as a worker holds that of its own. A server that dies leaves the driver recording, and the
next one adopts its runs.
"""

from __future__ import annotations

import importlib.util
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kdcore.errors import BrokenInstallation, OutOfResources
from kdcore.experiment import Experiment
from kdcore.runs.engine import EndedTrainer
from kdcore.runs.local_engine import LOG, environment

AGAIN_SECONDS = 5.0
"""Between a driver's end and the start of the next one."""


class RayEngine:
    """A driver process and what it says. Not safe for threads: one manager uses it."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        """`arguments` are further words on the driver's command line.

        Raises:
            BrokenInstallation: Ray is not installed.
        """
        if importlib.util.find_spec("ray") is None:
            raise BrokenInstallation(
                "STILLROOM_ENGINE=ray needs Ray, which is not installed: `pip install '.[cluster]'`, "
                "or unset STILLROOM_ENGINE to train on this machine."
            )
        self.folder = folder
        self.arguments = list(arguments)
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.handed: list[str] = []
        self.capacity = 0
        self.trouble = ""
        self.driver: subprocess.Popen[str] | None = self._spawn()

    @property
    def slots(self) -> int:
        """One a processor of the cluster; 0 until the driver has found it."""
        self._listen()
        if self.trouble:
            raise OutOfResources(self.trouble)
        return self.capacity

    @property
    def runs(self) -> list[str]:
        """The runs that were handed to the driver and have not ended."""
        return list(self.handed)

    def start(self, run_id: str, slots: int, experiment: Experiment | None = None) -> None:
        """Hand a run to the driver, which claims it when a node has room for it."""
        if self.driver is not None:
            self.handed.append(run_id)
            self._tell(f"start {run_id} {slots}")

    def cancel(self, run_id: str) -> None:
        """Let a run hand over a checkpoint and go."""
        self._tell(f"cancel {run_id}")

    def ended(self) -> list[EndedTrainer]:
        """The runs that the driver has done with since the last call; all of them where it is gone itself."""
        gone = self._listen()
        if self.driver is not None and (code := self.driver.poll()) is not None:
            gone += [*self._listen(), *(EndedTrainer(run_id, code or 1) for run_id in self.handed)]
            self.handed, self.driver, self.capacity = [], None, 0
            self.died = time.monotonic()
        return gone

    def keep_spare(self) -> None:
        """See to it that there is a driver."""
        if self.driver is None and time.monotonic() - self.died > AGAIN_SECONDS:
            self.driver = self._spawn()

    def prefetch(self, experiment: Experiment | None) -> None:
        """Nothing: a node is chosen when a run starts, and has its own memory."""

    def close(self, wait: float) -> list[EndedTrainer]:
        """End the driver: `wait` seconds for its runs to hand over a checkpoint each, then by force."""
        if self.driver is not None:
            self.driver.terminate()
            try:
                self.driver.wait(wait)
            except subprocess.TimeoutExpired:
                self.driver.kill()
                self.driver.wait()
            self.reader.join()
        return self.ended()

    # ---- the driver ---------------------------------------------------------------------------------------------

    def _listen(self) -> list[EndedTrainer]:
        """Take in what the driver has said; returns the runs that have ended."""
        gone = []
        while not self.said.empty():
            word, _, rest = self.said.get().partition(" ")
            match word:
                case "slots":
                    self.capacity, self.trouble = int(rest), ""
                case "trouble":
                    self.capacity, self.trouble = 0, rest
                case "ended":
                    run_id, code = rest.split()
                    self.handed.remove(run_id)
                    gone.append(EndedTrainer(run_id, int(code)))
        return gone

    def _tell(self, line: str) -> None:
        # A driver that has just died is found by `ended`.
        if self.driver is not None and self.driver.stdin is not None:
            with suppress(BrokenPipeError):
                self.driver.stdin.write(line + "\n")
                self.driver.stdin.flush()

    def _spawn(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "kdcore.runs.ray.driver", "--runs", str(self.folder), *self.arguments]
        with (self.folder / LOG).open("ab") as log:
            driver = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
                process_group=0,  # a terminal's ctrl-C is for the server, which ends its driver in order
            )
        self.reader = threading.Thread(target=self._read, args=[driver], name="ray driver", daemon=True)
        self.reader.start()
        return driver

    def _read(self, driver: subprocess.Popen[str]) -> None:
        assert driver.stdout is not None
        for line in driver.stdout:
            self.said.put(line.rstrip("\n"))
