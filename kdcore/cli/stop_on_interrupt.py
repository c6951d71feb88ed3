"""Ctrl-C, which stops a run at its next step, or ends it where no step comes soon."""

from __future__ import annotations

import signal
import sys
import threading
from _thread import interrupt_main
from contextlib import suppress
from types import FrameType

from kdcore.cli.terminal import tell, told
from kdcore.errors import StillroomError
from kdcore.events import Command
from kdcore.runs.recorder import INTERRUPTED
from kdcore.runs.store import Store
from kdcore.system.processes import Process

PATIENCE = 1.5
"""Seconds after which a run that has not stopped is ended: it loads, or computes a teacher's logits, or is being tested."""


class StopOnInterrupt:
    """Ctrl-C stops the run at its next step, tested and recorded. Where that is not done soon, or at a second one, it ends as lost."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id, self.interrupted = store, run_id, False
        self.timer = threading.Timer(PATIENCE, interrupt_main)
        self.timer.daemon = True

    def __enter__(self) -> StopOnInterrupt:
        self.before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.timer.cancel()
        signal.signal(signal.SIGINT, self.before)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            with suppress(StillroomError):  # it is recorded already
                self.store.finish(self.run_id, "lost", error=INTERRUPTED, worker=Process.me())
            print(f"python -m kdcore runs resume {self.run_id} goes on with it.", file=sys.stderr)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        tell("\nStopping; press again to end at once.", aside=True)
        self.timer.start()
        try:
            self.store.command(self.run_id, Command("stop"))
        except StillroomError as error:  # such as: the run has just ended
            print(f"kdcore: {told(str(error))}", file=sys.stderr)
