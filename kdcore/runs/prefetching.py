"""Which run is expected: that of the recipe that somebody looks at. The engine prefetches for it while nothing trains."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from kdcore.errors import StillroomError
from kdcore.experiment import Experiment
from kdcore.runs.admission import Admission
from kdcore.runs.engine import Engine
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store

KEPT_SECONDS = 600.0
"""How long a run is expected after its recipe was last looked at; until then its images take memory."""


class Prefetching:
    """The newest recipe of all pages, for one engine. Pages may name one from any thread."""

    def __init__(self, engine: Engine, store: Store, admission: Admission) -> None:
        self.engine, self.store, self.admission = engine, store, admission
        self.enabled = os.environ.get("STILLROOM_PREFETCH") != "0"
        self._lock = threading.Lock()
        self._expected: Experiment | None = None
        self._looked_at = 0.0

    def expect(self, experiment: Experiment, owner: str) -> None:
        """The owner looks at this recipe, and may start it. What they may not start is not expected."""
        if not self.enabled:
            return
        with suppress(StillroomError):
            self.admission.check(owner)
            with self.store.reading() as db:
                self.admission.limits.admitted(db, digest(owner), experiment)
            with self._lock:
                self._expected, self._looked_at = experiment, time.monotonic()

    def look_after(self) -> None:
        """Have the engine prefetch, unless a run is being trained, which prefetching would slow down. For the manager's thread."""
        with self._lock:
            if self._expected is None:
                return
            forgotten = time.monotonic() - self._looked_at > KEPT_SECONDS
            if forgotten or self.engine.runs or self.store.leases():
                self._expected = None
            expected = self._expected
        self.engine.prefetch(expected)
