"""The commands that a run receives through the store."""

from __future__ import annotations

import threading
import time

from kdcore.events import Command
from kdcore.runs.store import Store

POLL_SECONDS = 0.05
"""Between two looks into the database."""
WAIT_SECONDS = 0.25


class StoreCommands:
    """The channel from the store into a run; reads the database at most every 50 ms.

    An interruption reaches the run as a pause, so that it hands over a checkpoint at its next step.
    """

    def __init__(self, store: Store, run_id: str, interrupted: threading.Event | None = None) -> None:
        self.store, self.run_id = store, run_id
        self.interrupted = interrupted or threading.Event()
        self.pause_sent = False
        self.polled = self.last_command = 0.0
        self.held = False
        """Whether the run was last told to pause, to step or to stop: it will stand still with nothing lost."""

    def poll(self) -> list[Command]:
        """The commands since the last call, at once."""
        if self.interrupted.is_set() and not self.pause_sent:
            self.pause_sent = self.held = True
            return [Command("pause")]
        now = time.monotonic()
        if now - self.polled < POLL_SECONDS:
            return []
        self.polled = now
        received = self.store.take_commands(self.run_id)
        for command in received:
            self.last_command = now
            if command.kind not in ("set", "pace"):
                self.held = command.kind != "resume"
        return received

    def wait(self) -> list[Command]:
        """The first commands to come within a quarter of a second."""
        give_up = time.monotonic() + WAIT_SECONDS
        while not (received := self.poll()) and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)
        return received
