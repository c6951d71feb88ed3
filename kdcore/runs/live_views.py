"""The views of the runs that are watched now, one for all viewers of a run; the longest unwatched are dropped."""

from __future__ import annotations

import threading
from collections import OrderedDict

from kdcore.runs.live_view import LiveView
from kdcore.runs.store import Store

MOST_VIEWS = 32


class LiveViews:
    """At most MOST_VIEWS views of one store's runs. Safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._views: OrderedDict[str, LiveView] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run_id: str) -> LiveView:
        """The view of a run.

        Raises:
            RunRefused: there is no such run.
        """
        with self._lock:
            view = self._views.get(run_id)
        if view is None:
            view = LiveView(self.store, run_id)
            view.run()  # refuses an unknown id before it takes the place of a run that is watched
        with self._lock:
            view = self._views.setdefault(run_id, view)
            self._views.move_to_end(run_id)
            while len(self._views) > MOST_VIEWS:
                self._views.popitem(last=False)
            return view

    def invalidate(self, run_id: str) -> None:
        """Have the run read anew by whoever asks next."""
        with self._lock:
            view = self._views.get(run_id)
        if view is not None:
            view.invalidate()
