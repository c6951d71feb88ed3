"""One reading for all who watch: what was missed comes once, a slow reader is dropped, the end is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dashboard.stream import broadcaster as module
from dashboard.stream.broadcaster import Broadcaster
from dashboard.stream.event_encoding import EncodedEvent
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.stream.watcher import MOST_WAITING, Watcher
from kdcore.errors import RunRefused, StillroomError

PATIENCE = 10.0


class Readings:
    """What a test says that is read."""

    pause = 0.001

    def __init__(self) -> None:
        self.count, self.ended, self.reads = 0, False, 0
        self.error: Exception | None = None

    def check(self) -> None:
        pass

    def read(self) -> PageSnapshot | None:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return PageSnapshot({"count": self.count}, ended=self.ended)


Scene = Callable[[Readings, Broadcaster], Awaitable[None]]


def play(scene: Scene) -> list[str]:
    """Run a scene with a broadcaster; returns what was noted of its end."""
    ends: list[str] = []

    async def run() -> None:
        readings = Readings()
        with ThreadPoolExecutor(1) as executor:
            broadcaster = Broadcaster(readings, executor, lambda: ends.append("ended"))
            async with asyncio.timeout(PATIENCE):
                await scene(readings, broadcaster)
            broadcaster.close()
            await asyncio.gather(broadcaster._task, return_exceptions=True)

    asyncio.run(run())
    return ends


async def watch(broadcaster: Broadcaster, after: str = "") -> Watcher:
    watcher = Watcher()
    broadcaster.join(watcher, await broadcaster.events_after(after))
    return watcher


async def message(watcher: Watcher) -> dict[str, Any]:
    event = await watcher.next_event()
    assert event is not None
    value: dict[str, Any] = json.loads(event.data)
    return value


def test_the_first_message_is_everything_and_the_next_are_changes() -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        assert await message(watcher) == {"full": True, "set": {"count": 0}}
        readings.count = 1
        assert await message(watcher) == {"set": {"count": 1}}

    assert play(scene) == ["ended"]


def test_all_get_the_same_event() -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watchers = [await watch(broadcaster) for _ in range(3)]
        firsts = [await one.next_event() for one in watchers]
        readings.count = 1
        events = [await one.next_event() for one in watchers]
        assert len({id(event) for event in firsts}) == len({id(event) for event in events}) == 1

    play(scene)


def test_who_comes_again_gets_what_was_missed_and_nothing_twice() -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        seen = await watcher.next_event()
        assert seen is not None
        broadcaster.leave(watcher)
        other = await watch(broadcaster)
        await other.next_event()
        for count in (1, 2, 3):
            readings.count = count
            await other.next_event()
        again = await watch(broadcaster, seen.version)
        assert [await message(again) for _ in range(3)] == [{"set": {"count": count}} for count in (1, 2, 3)]
        stranger = await watch(broadcaster, "of-another-server")
        assert await message(stranger) == {"full": True, "set": {"count": 3}}

    play(scene)


def test_what_is_forgotten_comes_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_EVENTS", 2)

    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        first = await watcher.next_event()
        assert first is not None
        for count in (1, 2, 3):
            readings.count = count
            await watcher.next_event()
        assert await message(await watch(broadcaster, first.version)) == {"full": True, "set": {"count": 3}}

    play(scene)


def test_a_slow_reader_is_dropped_and_costs_the_others_nothing() -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        slow, quick = await watch(broadcaster), await watch(broadcaster)
        await quick.next_event()
        for count in range(1, MOST_WAITING + 2):
            readings.count = count
            assert await message(quick) == {"set": {"count": count}}
        await slow.dropped
        assert broadcaster.watchers == 1

    play(scene)


def test_the_end_is_said_also_to_who_comes_later() -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        await watcher.next_event()
        readings.count, readings.ended = 1, True
        assert await message(watcher) == {"set": {"count": 1}}
        for late in (watcher, await watch(broadcaster, "nothing")):
            events = [await late.next_event()]
            while events[-1] is not None:
                events.append(await late.next_event())
            assert isinstance(events[-2], EncodedEvent)
            assert events[-2].name == "end"

    assert play(scene) == ["ended"]


@pytest.mark.parametrize("error", [RunRefused("There is no such run."), ValueError("a bug")])
def test_who_watches_what_cannot_be_read_is_told(error: Exception) -> None:
    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        readings.error = error
        with pytest.raises(StillroomError):
            await broadcaster.events_after("")

    assert play(scene) == ["ended"]


def test_nothing_is_read_when_nobody_has_watched_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.1)

    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        broadcaster.leave(watcher)
        await broadcaster._task

    assert play(scene) == ["ended"]


def test_a_quiet_stream_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.0)

    async def scene(readings: Readings, broadcaster: Broadcaster) -> None:
        watcher = await watch(broadcaster)
        await watcher.next_event()
        beat = await watcher.next_event()
        assert beat is not None
        assert beat.name == "beat"

    play(scene)
