"""Writing a run's events into the store from a thread that keeps the run's lease."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from kdcore.events import Event
from kdcore.runs.store import Store
from kdcore.system.processes import Process

FLUSH_SECONDS = 0.08
"""Between two writes of what has come."""
RENEW_SECONDS = 1.0
"""Between two renewals of the lease while nothing comes."""


class EventWriter:
    """Events on their way into the store. All writing is done by one thread, the lease's renewal too."""

    def __init__(self, store: Store, run_id: str, worker: Process) -> None:
        self.store, self.run_id, self.worker = store, run_id, worker
        self.seq = 0
        self.waiting: list[tuple[float, Event]] = []
        """What is to be written, with when it came."""
        self.error: Exception | None = None
        self.flushes_requested = self.flushes_done = 0
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._write, name=f"rows of {run_id}", daemon=True)

    def __enter__(self) -> EventWriter:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        self.thread.join()

    def add(self, event: Event) -> None:
        """Have an event written soon; raises what hindered an earlier one."""
        with self.changed:
            self._raise_error()
            self.waiting.append((time.time(), event))

    def flush(self) -> None:
        """Return when everything added so far is stored and the lease is seen to hold."""
        with self.changed:
            self.flushes_requested += 1
            mine = self.flushes_requested
            self.changed.notify_all()
            while self.flushes_done < mine:
                self._raise_error()
                self.changed.wait()
            self._raise_error()

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error

    def _write(self) -> None:
        renewed = time.monotonic()
        while self.error is None:
            with self.changed:
                if not self.ended and self.flushes_requested == self.flushes_done:
                    self.changed.wait(FLUSH_SECONDS)
                waiting, self.waiting = self.waiting, []
                requested, ended = self.flushes_requested, self.ended
            due = time.monotonic() - renewed > RENEW_SECONDS
            try:
                if waiting or due or requested > self.flushes_done:
                    times, events = [came for came, _ in waiting], [event for _, event in waiting]
                    self.seq = self.store.record(self.run_id, events, worker=self.worker, times=times)
                    renewed = time.monotonic()
            except Exception as error:  # raised again where the run is trained
                self.error = error
            with self.changed:
                self.flushes_done = requested
                self.changed.notify_all()
            if ended:
                return
