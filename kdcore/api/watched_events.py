"""A run's events on their way to its record: shown as a progress bar, and handed to whoever asked for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kdcore.api.event_log import EventLog
from kdcore.events import Event, Finished, Phase, Progress
from kdcore.runs.run_record import Run

OnEvent = Callable[[Event], object]


class WatchedEvents:
    """Shows each phase that has steps as a bar where `progress` asks for it, and calls `on_event` with every event."""

    def __init__(self, on_event: OnEvent | None, progress: bool) -> None:
        self.on_event, self.progress = on_event, progress
        self.bar: Any = None

    def begins(self, run: Run) -> None:
        """Have a log know which run it is whose events come now."""
        if isinstance(self.on_event, EventLog):
            self.on_event.begin(run)

    def __call__(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events."""
        try:
            for event in events:
                if self.on_event is not None:
                    self.on_event(event)
                if self.progress:
                    self._show(event)
                yield event
        finally:
            self._close()
            if isinstance(self.on_event, EventLog):
                self.on_event.end()

    def _show(self, event: Event) -> None:
        match event:
            case Phase() | Finished():
                self._close()
            case Progress():
                if self.bar is None:
                    name = event.phase.replace("_", " ")
                    self.bar = _notebook_bar(total=event.steps, desc=name, initial=event.step)
                self.bar.update(event.step - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = None


def _notebook_bar(**options: Any) -> Any:
    """A bar as the notebook draws it, as text where it cannot, none where nobody looks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a notebook without its widgets gets text
        from tqdm.auto import tqdm
    return tqdm(unit="step", leave=False, disable=None, **options)
