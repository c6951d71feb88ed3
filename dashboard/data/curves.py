"""What a run has said, arranged for drawing: its curves by phase, role and series, and its events by kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dashboard.text.roles import TEACHER
from kdcore.runs.curve_store import Point, StoredEvent

Made = TypeVar("Made")


@dataclass
class Curve:
    """One series: epochs and values, oldest first."""

    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def last(self) -> float | None:
        """The newest value, None where there is none yet."""
        return self.values[-1] if self.values else None

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """(epoch, value), oldest first."""
        return list(zip(self.epochs, self.values, strict=True))


class Curves:
    """All that a run has said so far. asks_teacher: whether anybody learns from the teacher; else nothing of it is here."""

    def __init__(
        self,
        points: Iterable[Point] = (),
        events: Iterable[StoredEvent] = (),
        *,
        asks_teacher: bool = True,
    ) -> None:
        self.asks_teacher = asks_teacher
        self.series: dict[tuple[str, str, str], Curve] = {}
        for point in points:
            if point.role == TEACHER.name and not asks_teacher:
                continue
            curve = self.series.setdefault((point.phase, point.role, point.series), Curve())
            curve.epochs.append(point.epoch)
            curve.values.append(point.value)
        self._events = list(events)
        self._made: dict[Hashable, Any] = {}

    def curve(self, role: str, series: str, phase: str = "students") -> Curve:
        """One curve; empty where nothing was said yet."""
        return self.series.get((phase, role, series), Curve())

    def roles(self, prefix: str, phase: str = "students") -> list[str]:
        """Who has said something of a series that begins so, each once."""
        return list(
            dict.fromkeys(
                role for said_in, role, name in self.series if said_in == phase and name.startswith(prefix)
            )
        )

    def named(self, prefix: str, role: str, phase: str = "students") -> dict[str, Curve]:
        """The role's curves whose series begins with `prefix`, by what follows it."""
        return {
            name.removeprefix(prefix): curve
            for (said_in, who, name), curve in self.series.items()
            if said_in == phase and who == role and name.startswith(prefix)
        }

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is made of these curves under `key`: made once, for all who look at the run."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the events of one kind (a class of kdcore.events), oldest first."""
        return [event.payload for event in self._events if event.kind == kind]
