"""Pausing, stepping, slowing down and stopping a run by commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from kdcore.events import Command
from kdcore.training.loop_schedule import LoopSchedule
from kdcore.training.pace import Pace


@dataclass
class RunControl:
    """Whether the run is paused or stopped, the step after which it is to pause, and its pace."""

    paused: bool = False
    stopped: bool = False
    pause_at: int | None = None
    pace: Pace = field(default_factory=Pace)

    @property
    def waiting(self) -> bool:
        """Whether the run is to wait for further commands."""
        return self.paused and not self.stopped

    def apply(self, command: Command, step: int, schedule: LoopSchedule) -> None:
        """Carry out a command that came after `step`; `set` changes nothing here."""
        match command.kind:
            case "pause":
                self.paused = True
            case "resume":
                self.paused, self.pause_at = False, None
            case "step_batch":
                self.paused, self.pause_at = False, step + 1
            case "step_epoch":
                self.paused, self.pause_at = False, schedule.epoch_end(step)
            case "stop":
                self.stopped = True
            case "pace":
                self.pace.change(command.value)
            case "begin_paused":
                self.paused = True
                self.pace.change(command.value)

    def is_shown(self, step: int) -> bool:
        """Whether somebody asked to see what the networks are after so many steps."""
        return self.pause_at == step or self.pace.is_shown(step)

    def arrive(self, step: int) -> None:
        """Pause where the step to pause at is reached."""
        if self.pause_at is not None and step >= self.pause_at:
            self.paused, self.pause_at = True, None
