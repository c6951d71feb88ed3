"""Simulated students: tabs that change widgets, read their class's stream and a run's, poll the board and vote.

`python -m bench.class_browsers ADDRESS CODE SECONDS BROWSER...` is a process of its own, as `bench.simulated_browsers` is, whose
tabs these are. BROWSER: the ids of browsers that have joined the class. The first two train, half of the others watch each run.
Prints one JSON value: milliseconds of widgets' answers, of votes and of polls, and how many votes each was told are counted.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from websockets.asyncio.client import connect

from bench.simulated_browsers import PAGE, THINKING, Tab, until
from bench.stream_reader import stream_events
from dashboard.session import Key, cookie_name, widget
from dashboard.url.parameters import Param

POLL = 2.0
"""Seconds between two looks of a browser that no stream reaches, as all of these do beside their stream."""
RECIPE = {
    "dataset": "digits", "count": 1000, "teacher": "digits-mlp-300", "student": "mlp-30", "epochs": 2000, "batch_size": 4,
}  # fmt: skip
"""Half a million steps: nobody waits for their end."""
CLASS_STREAM = "live/class-"


class StudentTab(Tab):
    """A tab whose page also follows the class: what that says calls for no script run here, where nothing is locked."""

    async def _watch(self, address: str) -> None:
        if not address.startswith(CLASS_STREAM):
            await super()._watch(address)
            return
        async for event in stream_events(f"{self.server}/{address}", self.cookie):
            self.events += not event.name


class Student:
    """What one browser does beside its page: it polls the class, and answers what is asked."""

    def __init__(self, server: str, code: str, cookie: str, chance: random.Random) -> None:
        self.netloc, self.code, self.cookie, self.chance = urlsplit(server).netloc, code, cookie, chance
        self.votes: list[float] = []
        self.polls: list[float] = []
        self.counted = 0
        self._answered: set[int] = set()

    async def attend(self, seconds: float) -> None:
        """Poll, and vote once on whatever is open, until the time is over."""
        ends = time.perf_counter() + seconds
        await asyncio.sleep(self.chance.uniform(0, POLL))
        while time.perf_counter() < ends:
            vote = await self._poll()
            if vote and vote["stage"] == "open" and vote["id"] not in self._answered:
                self._answered.add(vote["id"])
                await asyncio.sleep(self.chance.uniform(0, 1))
                await self._vote(vote["id"])
            await asyncio.sleep(POLL * self.chance.uniform(0.5, 1.5))

    async def _poll(self) -> Any:
        took, said = await asyncio.to_thread(self._ask, "GET", f"/live/class-{self.code}?after=", None)
        self.polls.append(took)
        return said["messages"][0]["set"]["vote"]

    async def _vote(self, vote: int) -> None:
        body = json.dumps({"answer": self.chance.randrange(3)})
        took, said = await asyncio.to_thread(self._ask, "POST", f"/answers/{vote}", body)
        self.votes.append(took)
        self.counted += bool(said["counted"])

    def _ask(self, method: str, path: str, body: str | None) -> tuple[float, Any]:
        began = time.perf_counter()
        with closing(http.client.HTTPConnection(self.netloc, timeout=30)) as connection:
            connection.request(method, path, body, {"Cookie": self.cookie})
            said = json.loads(connection.getresponse().read())
        return 1000 * (time.perf_counter() - began), said


async def attend(address: str, code: str, seconds: float, browsers: Sequence[str]) -> dict[str, Any]:
    """What these browsers saw in that many seconds."""
    server, chance = address.replace("ws:", "http:"), random.Random(0)
    cookies = [f"{cookie_name(urlsplit(address).port or 0)}={browser}" for browser in browsers]
    async with AsyncExitStack() as stack:

        async def tab(query: str, cookie: str) -> StudentTab:
            socket = await stack.enter_async_context(
                connect(
                    f"{address}/_stcore/stream",
                    additional_headers={"Cookie": cookie},
                    max_size=None,
                    proxy=None,
                )
            )
            opened = StudentTab(socket, query, PAGE, server, cookie)
            stack.callback(opened.close)
            await opened.open()
            return opened

        tabs = [await tab(urlencode(RECIPE | {"init_seed": place}), cookies[place]) for place in range(2)]
        await until(lambda: all("train" in owner.widgets for owner in tabs))
        for owner in tabs:
            await owner.press("train")
        await until(lambda: all(owner.settled for owner in tabs))
        runs = [parse_qs(owner.query)[Param.RUN][0] for owner in tabs]
        tabs += [
            await tab(urlencode({Param.RUN: runs[n % 2]}), cookie) for n, cookie in enumerate(cookies[2:])
        ]
        await until(lambda: all(one.settled for one in tabs))
        students = [Student(server, code, cookie, random.Random(cookie)) for cookie in cookies]
        attending = [asyncio.create_task(student.attend(seconds)) for student in students]
        answers = await asyncio.gather(*(use(one, one in tabs[:2], seconds, chance) for one in tabs))
        await asyncio.gather(*attending)
        if not all(one.settled for one in tabs):
            raise RuntimeError("A run ended before the measurement did: its recipe has to be a longer one.")
        return _seen(answers, students)


def _seen(answers: Sequence[Sequence[float]], students: Sequence[Student]) -> dict[str, Any]:
    return {
        "widgets": [1000 * answer for one in answers for answer in one],
        "votes": [took for student in students for took in student.votes],
        "polls": [took for student in students for took in student.polls],
        "counted": sum(student.counted for student in students),
    }


async def use(tab: Tab, owner: bool, seconds: float, chance: random.Random) -> list[float]:
    """Change a widget now and then; returns the seconds that each answer took."""
    ends, answers = time.perf_counter() + seconds, []
    await asyncio.sleep(chance.uniform(0, THINKING))
    while time.perf_counter() < ends:
        answers.append(await tab.choose_other(widget("temperature") if owner else Key.FORM))
        await asyncio.sleep(THINKING * chance.uniform(0.5, 1.5))
    return answers


if __name__ == "__main__":
    address, code, seconds, *browsers = sys.argv[1:]
    print(json.dumps(asyncio.run(attend(address, code, float(seconds), browsers))))
