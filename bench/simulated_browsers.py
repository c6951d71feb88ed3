"""Simulated browsers: websocket clients that ask a dashboard what a browser tab asks, draw nothing, and time the answers.

`python -m bench.simulated_browsers ADDRESS CLIENTS SECONDS QUERY...` is a process of its own, so that its Python shares no lock
with the server's. A client for each query opens the Train page with that recipe and presses Train; the others open one of
these runs. All read the run's stream as their page tells them to, and every few seconds each changes a widget: those who
train the temperature, the others the form of the loss terms. Prints one JSON value.

After Streamlit's own client: the URL as the server last set it; the hashes of large messages that it still holds, which the
server then does not send again.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from bench.stream_reader import stream_events
from dashboard.session import Key, cookie_name, widget
from dashboard.url.parameters import Param

PAGE = "train"
THINKING = 3.0
"""Seconds that a person leaves between an answer and the next change of a widget."""

PATIENCE = 120.0
GIVE_UP = 10.0
"""Seconds after which an answer counts as having taken so long: a rerun that another overtakes can lose its end."""

HELD = 16  # large messages that a tab keeps: those of about three runs of the page


class Tab:
    """One browser tab: what the server sent it, and what it asks of the server."""

    def __init__(
        self, socket: ClientConnection, query: str, name: str = PAGE, server: str = "", cookie: str = ""
    ) -> None:
        self.socket, self.query, self.name = socket, query, name
        self.server, self.cookie = server, cookie
        self.widgets: dict[str, Any] = {}
        """The last message of each widget that has a key, by that key."""
        self.page = self.run = self.fragment = ""
        """Its page; the script run that it waits for; the fragment that this run draws, empty for all of the page."""
        self.answered = asyncio.Event()
        self.events = self.script_runs = self.lost = 0
        self.state = ""
        """The newest state of the run that it watches."""
        self._states: dict[str, WidgetState] = {}
        self._fragments: dict[str, str] = {}
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._held: deque[str] = deque(maxlen=HELD)
        self._listener = asyncio.create_task(self._listen())

    @property
    def settled(self) -> bool:
        """Whether it watches a run that trains."""
        return self.state == "training"

    def close(self) -> None:
        """Send and receive nothing more."""
        self._listener.cancel()
        for stream in self._streams.values():
            stream.cancel()

    # ---- requests -------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Draw the page for the first time."""
        await self._answer_to()

    async def press(self, key: str) -> None:
        """Press a button."""
        await self._answer_to(WidgetState(id=self.widgets[key].id, trigger_value=True))

    async def choose_other(self, key: str) -> float:
        """Change a choice to one that is not chosen; returns the seconds until what depends on it was drawn anew."""
        group = self.widgets[key]
        now = self._states[group.id].string_array_value.data[:] if group.id in self._states else []
        state = WidgetState(id=group.id)
        options = [getattr(option, "content", option) for option in group.options]
        state.string_array_value.data.append(next(option for option in options if option not in now))
        self._states[group.id] = state
        return await self._answer_to(fragment=self._fragments[group.id])

    async def _answer_to(self, *pressed: WidgetState, fragment: str = "") -> float:
        self.run, self.fragment = "", fragment
        self.answered.clear()
        began = time.perf_counter()
        await self._ask(pressed, fragment)
        try:
            async with asyncio.timeout(GIVE_UP):
                await self.answered.wait()
        except TimeoutError:
            return GIVE_UP
        return time.perf_counter() - began

    async def _watch(self, address: str) -> None:
        """Read a stream; where the page would have to be drawn anew, ask for that."""
        last = 0
        async for event in stream_events(f"{self.server}/{address}", self.cookie):
            if event.name:
                continue
            number = int(event.version.rpartition("-")[2])
            self.events += 1
            self.lost += last > 0 and number != last + 1
            last = number
            state = json.loads(event.data).get("set", {}).get("state", self.state)
            if state != self.state:
                if self.state:
                    await self._ask()
                self.state = state

    async def _ask(self, pressed: Sequence[WidgetState] = (), fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.fragment_id = fragment
        state.query_string, state.page_script_hash = self.query, self.page
        state.page_name = (
            "" if self.page else self.name
        )  # the address's path counts until the server has named the page
        state.widget_states.widgets.extend([*self._states.values(), *pressed])
        state.cached_message_hashes.extend(self._held)
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        state.context_info.color_scheme = "light"
        await self.socket.send(message.SerializeToString())

    # ---- answers ------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            self._hear(ForwardMsg.FromString(await self.socket.recv(decode=False)))

    def _hear(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._held.append(message.hash)
        match message.WhichOneof("type"):
            case "delta":
                self._note_widget(message.delta.new_element, message.delta.fragment_id)
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "navigation":
                self.page = message.navigation.page_script_hash
            case "new_session":
                self.script_runs += 1
                if list(message.metadata.run.fragment_ids) == ([self.fragment] if self.fragment else []):
                    self.run = message.metadata.run.script_run_id
            case "script_finished":
                self._note_end(message)

    def _note_widget(self, element: Any, fragment: str) -> None:
        drawn = getattr(element, element.WhichOneof("type") or "", None)
        identity = getattr(drawn, "id", "")
        if identity.startswith("$$ID-"):
            self.widgets[identity.split("-", 2)[2]] = drawn
            self._fragments[identity] = fragment
        if (
            self.server
            and element.WhichOneof("type") == "bidi_component"
            and drawn is not None
            and "address" in drawn.json
        ):
            address = json.loads(drawn.json).get("address")
            if address and address not in self._streams:
                self._streams[address] = asyncio.create_task(self._watch(address))

    def _note_end(self, message: ForwardMsg) -> None:
        # A run that gave way to a newer request ends in another status.
        ends = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
        if message.script_finished in ends and message.metadata.run.script_run_id == self.run:
            self.answered.set()


async def load(address: str, clients: int, seconds: float, queries: Sequence[str]) -> dict[str, Any]:
    """What `clients` tabs saw in that many seconds: milliseconds of each answer, events of streams, those that were lost on the way, and script runs."""
    async with AsyncExitStack() as stack:

        async def tab(query: str) -> Tab:
            cookie = f"{cookie_name(urlsplit(address).port or 0)}={secrets.token_hex(16)}"
            socket = await stack.enter_async_context(
                connect(
                    f"{address}/_stcore/stream",
                    additional_headers={"Cookie": cookie},
                    max_size=None,
                    proxy=None,
                )
            )
            opened = Tab(socket, query, PAGE, address.replace("ws:", "http:"), cookie)
            stack.callback(opened.close)
            await opened.open()
            return opened

        owners = [await tab(query) for query in queries]
        for owner in owners:
            await owner.press("train")
        await until(lambda: all(owner.settled for owner in owners))
        runs = [parse_qs(owner.query)[Param.RUN][0] for owner in owners]
        tabs = owners + [
            await tab(urlencode({Param.RUN: runs[i % len(runs)]})) for i in range(clients - len(owners))
        ]
        await until(lambda: all(one.settled for one in tabs))
        for one in tabs:
            one.events = one.script_runs = 0
        chance = random.Random(0)
        answers = await asyncio.gather(*(_use(one, one in owners, seconds, chance) for one in tabs))
        if not all(one.settled for one in tabs):
            raise RuntimeError("A run ended before the measurement did: its recipe has to be a longer one.")
        return {
            "milliseconds": [1000 * answer for one in answers for answer in one],
            "events": sum(one.events for one in tabs),
            "script_runs": sum(one.script_runs for one in tabs),
            "lost": sum(one.lost for one in tabs),
        }


async def _use(tab: Tab, owner: bool, seconds: float, chance: random.Random) -> list[float]:
    """Change a widget now and then, as unevenly as people do; returns the seconds that each answer took.

    Who owns the run changes its temperature; who only watches can choose nothing but the form of the loss terms.
    """
    ends = time.perf_counter() + seconds
    answers = []
    await asyncio.sleep(chance.uniform(0, THINKING))
    while time.perf_counter() < ends:
        answers.append(await tab.choose_other(widget("temperature") if owner else Key.FORM))
        await asyncio.sleep(THINKING * chance.uniform(0.5, 1.5))
    return answers


async def until(condition: Callable[[], bool]) -> None:
    """Return when it is so; fails after PATIENCE seconds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    address, clients, seconds, *queries = sys.argv[1:]
    print(json.dumps(asyncio.run(load(address, int(clients), float(seconds), queries))))
