"""The cookie by which a browser is known as the owner of its runs."""

from __future__ import annotations

import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.session import BROWSER_ID, COOKIE

YEAR = 365 * 24 * 3600


class BrowserCookie:
    """Gives each browser a random 128-bit id in a cookie that no script can read: whoever holds it owns its runs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a page for a browser without an id also sets one."""
        if scope["type"] != "http" or _browser_of(scope):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append(
                        "set-cookie", _cookie(secrets.token_hex(16), secure=scope["scheme"] == "https")
                    )
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _browser_of(scope: Scope) -> bool:
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    return bool(BROWSER_ID.fullmatch(cookie_parser(header.decode("latin-1")).get(COOKIE, "")))


def _cookie(value: str, *, secure: bool) -> str:
    cookie: SimpleCookie = SimpleCookie({COOKIE: value})
    morsel = cookie[COOKIE]
    morsel["path"], morsel["max-age"], morsel["samesite"] = "/", str(YEAR), "Lax"
    morsel["httponly"], morsel["secure"] = True, secure
    return morsel.OutputString()
