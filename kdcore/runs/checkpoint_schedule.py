"""Which of the checkpoints that a run hands over are written."""

from __future__ import annotations

import time
from pathlib import Path

from kdcore.events import Checkpoint
from kdcore.runs import checkpoints
from kdcore.runs.event_writer import EventWriter
from kdcore.runs.store_commands import StoreCommands

CHECKPOINT_SECONDS = 10.0
"""Between two checkpoints that are written."""


class CheckpointSchedule:
    """Decides which checkpoints are written: now and then, the first of a phase, and each when nothing may be lost."""

    def __init__(
        self, folder: Path, writer: EventWriter, every: float, commands: StoreCommands | None
    ) -> None:
        self.folder, self.writer, self.every, self.commands = folder, writer, every, commands
        self.due = False
        self.phase = ""
        self.next = time.monotonic() + every

    def take(self, checkpoint: Checkpoint) -> bool:
        """Write it if it is wanted; returns whether it was."""
        held = self.commands is not None and self.commands.held
        began = time.monotonic()
        if not (self.due or held or checkpoint.phase != self.phase or began >= self.next):
            return False
        self.writer.flush()
        checkpoints.write(self.folder, checkpoint, self.writer.seq)
        self.due, self.phase = False, checkpoint.phase
        # A slow disk must not eat the training: a twentieth of the time goes into checkpoints, unless that makes them rare.
        cost = time.monotonic() - began
        self.next = time.monotonic() + max(self.every, min(20 * cost, 6 * self.every))
        return True
