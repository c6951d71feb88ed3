"""What a run has recorded, arranged for drawing: its curves by phase, role and series, and its events by kind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from dashboard.text.roles import TEACHER
from kdcore.runs.curve_store import Point, StoredEvent

Made = TypeVar("Made")
SERIES = attrgetter("phase", "role", "series")


@dataclass
class Curve:
    """One series: epochs and values, oldest first."""

    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def last(self) -> float | None:
        """The newest value, None where there is none yet."""
        return self.values[-1] if self.values else None

    def until(self, epoch: float) -> Curve:
        """The part up to an epoch."""
        end = bisect_right(self.epochs, epoch)
        return Curve(self.epochs[:end], self.values[:end])

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """(epoch, value), oldest first."""
        return list(zip(self.epochs, self.values, strict=True))


class Curves:
    """All that a run has recorded so far. asks_teacher: whether anybody learns from the teacher; else its curves are left out."""

    def __init__(
        self,
        points: Iterable[Point] = (),
        events: Iterable[StoredEvent] = (),
        *,
        asks_teacher: bool = True,
    ) -> None:
        self.asks_teacher = asks_teacher
        self.series: dict[tuple[str, str, str], Curve] = {}
        for (phase, role, series), together in groupby(points, SERIES):
            if role == TEACHER.name and not asks_teacher:
                continue
            of_series = list(together)
            curve = self.series.setdefault((phase, role, series), Curve())
            curve.epochs += [point.epoch for point in of_series]
            curve.values += [point.value for point in of_series]
        self._events = list(events)
        self._made: dict[Hashable, Any] = {}

    def curve(self, role: str, series: str, phase: str = "students") -> Curve:
        """One curve; empty where nothing is recorded yet."""
        return self.series.get((phase, role, series), Curve())

    def roles(self, prefix: str, phase: str = "students") -> list[str]:
        """The roles that have a series with this prefix, each once."""
        return list(
            dict.fromkeys(
                role for in_phase, role, name in self.series if in_phase == phase and name.startswith(prefix)
            )
        )

    def named(self, prefix: str, role: str, phase: str = "students") -> dict[str, Curve]:
        """The role's curves whose series begins with `prefix`, by the rest of its name."""
        return {
            name.removeprefix(prefix): curve
            for (in_phase, of_role, name), curve in self.series.items()
            if in_phase == phase and of_role == role and name.startswith(prefix)
        }

    def until(self, epoch: float, phase: str = "students") -> Curves:
        """What was recorded when so many epochs of a phase were done; all of the phases before it."""
        then = Curves(asks_teacher=self.asks_teacher)
        then.series = {
            key: curve.until(epoch) if key[0] == phase else curve for key, curve in self.series.items()
        }
        then._events = [
            event
            for event in self._events
            if event.phase != phase or event.payload.get("epoch", 0.0) <= epoch
        ]
        return then

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` returns, cached under `key` for all viewers of the run."""
        if key not in self._made:
            self._made[key] = make()
        value: Made = self._made[key]
        return value

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the events of one kind (a class of kdcore.events), oldest first."""
        return [event.payload for event in self._events if event.kind == kind]
