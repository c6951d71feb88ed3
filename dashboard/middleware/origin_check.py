"""Refuses what pages of other sites have a browser send, and names that are not the server's (DNS rebinding).

Streamlit would ask a service outside for this machine's address, and wait for it, before it refuses a foreign origin.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.serving_address import is_address
from kdcore.texts import N_

FOREIGN = N_("A page of another site may not ask for this.")
UNKNOWN_NAME = N_(
    "This server does not know the name by which it was asked. Open it by its IP address, "
    "or have whoever started it add the name to STILLROOM_ADDRESSES."
)
POLICY_VIOLATION = 1008


class OriginCheck:
    """Lets through what comes from the server's own pages, from an address bar, and from what is no browser."""

    def __init__(self, app: ASGIApp, names: Collection[str], addresses: Collection[str]) -> None:
        """`names` are the server's own; `addresses` ("https://lab.example.org") those at which a proxy serves its pages."""
        self.app, self.addresses = app, {*addresses}
        self.names = {*names, *(urlsplit(address).hostname or "" for address in addresses)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif (why := self._refusal(Headers(scope=scope))) is None:
            await self.app(self._seen_as_own(scope), receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await PlainTextResponse(why, 403, {"cache-control": "no-store"})(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._is_own_name(hosts[0]):
            return UNKNOWN_NAME
        if origins:
            known = len(origins) == 1 and self._is_own_origin(origins[0].lower(), hosts[0].lower())
            return None if known else FOREIGN
        # Following a link from another site is no request of that site's page.
        is_own = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        return None if is_own or headers.get("sec-fetch-mode") == "navigate" else FOREIGN

    def _is_own_name(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, _port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return False
        return parts.netloc == host and "@" not in host and (name in self.names or is_address(name))

    def _is_own_origin(self, origin: str, host: str) -> bool:
        return origin in self.addresses or origin in (f"http://{host}", f"https://{host}")

    def _seen_as_own(self, scope: Scope) -> Scope:
        """For Streamlit the origin of a proxy's page is that of the host: whatever else it sees, it asks outside about."""
        headers = Headers(scope=scope)
        if headers.get("origin", "").lower() not in self.addresses:
            return scope
        own = f"{'https' if scope['scheme'] in ('https', 'wss') else 'http'}://{headers['host']}"
        raw = [
            (name, own.encode("latin-1") if name == b"origin" else value) for name, value in scope["headers"]
        ]
        return {**scope, "headers": raw}
