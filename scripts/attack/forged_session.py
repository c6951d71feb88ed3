"""A websocket that speaks Streamlit's protocol and says what no browser would."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from scripts.attack.hostile_links import VALUES, Link

PATIENCE = 60.0
CRASHED = ("Something in Stillroom went wrong", "Traceback (most recent call last)")


class ForgedSession:
    """One connection: what was drawn for it, and what it asks for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.widgets: dict[str, str] = {}
        """Ids of widgets by their keys, as far as they were drawn."""
        self.exceptions: list[str] = []
        """Tracebacks and redacted crashes that the page showed."""

    async def visit(self, link: Link, states: Sequence[WidgetState] = ()) -> bool:
        """Have a page drawn with these values of its widgets; returns whether its script came to an end."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_name = link.query, link.page
        rerun.widget_states.widgets.extend(states)
        await self.socket.send(message.SerializeToString())
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._hear(ForwardMsg.FromString(await self.socket.recv(decode=False))):
                    pass
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    def crashes(self) -> list[str]:
        """What went wrong since the last call."""
        crashes, self.exceptions = self.exceptions, []
        return crashes

    def _hear(self, message: ForwardMsg) -> bool:
        """Note what was drawn; returns whether the script has ended."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            element = message.delta.new_element
            drawn: Any = getattr(element, element.WhichOneof("type") or "", None)
            if element.WhichOneof("type") == "exception":
                self.exceptions.append(element.exception.message)
            if any(sign in str(element) for sign in CRASHED):
                self.exceptions.append(str(element)[:300])
            identity = getattr(drawn, "id", "")
            if identity.startswith("$$ID-"):
                self.widgets[identity.split("-", 2)[2]] = identity
        return kind == "script_finished"


@asynccontextmanager
async def forged_session(address: str, cookie: str = "") -> AsyncIterator[ForgedSession]:
    """A session, of a browser with that cookie header where there is one."""
    url = address.replace("http", "ws", 1) + "/_stcore/stream"
    headers = {"Cookie": cookie} if cookie else {}
    async with connect(url, additional_headers=headers, max_size=None, proxy=None) as socket:
        yield ForgedSession(socket)


def forged_state(identity: str, chance: random.Random) -> WidgetState:
    """A value that the widget of this id never sends."""
    state = WidgetState(id=identity)
    match chance.randrange(7):
        case 0:
            state.trigger_value = True
        case 1:
            state.string_value = chance.choice(VALUES)
        case 2:
            state.int_value = chance.choice((-1, 0, 1 << 62, -(1 << 62)))
        case 3:
            state.double_value = chance.choice((float("nan"), float("inf"), -1e300))
        case 4:
            state.json_value = chance.choice(VALUES)
        case 5:
            state.string_array_value.data.extend([chance.choice(VALUES)] * 3)
        case _:
            state.bool_value = True
    return state
