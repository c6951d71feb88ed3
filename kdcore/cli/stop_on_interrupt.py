"""Ctrl-C, which stops a run at its next step."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from kdcore.cli.terminal import tell, told
from kdcore.errors import StillroomError
from kdcore.events import Command
from kdcore.runs.store import Store


class StopOnInterrupt:
    """Ctrl-C stops the run at its next step, tested and recorded; a second one ends the process at once."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id, self.interrupted = store, run_id, False

    def __enter__(self) -> StopOnInterrupt:
        self.before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        tell("\nStopping; press again to end at once.", aside=True)
        try:
            self.store.command(self.run_id, Command("stop"))
        except StillroomError as error:  # such as: the run has just ended
            print(f"kdcore: {told(str(error))}", file=sys.stderr)
