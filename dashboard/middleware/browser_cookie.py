"""The cookie by which a browser is known as the owner of its runs."""

from __future__ import annotations

import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.serving_address import port
from dashboard.session import BROWSER_ID, OLD_COOKIE, cookie_name

YEAR = 365 * 24 * 3600
NOT_MODIFIED = 304


class BrowserCookie:
    """Gives each browser a random 128-bit id in a cookie that no script can read: whoever holds it owns its runs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a page for a browser without an id also sets one."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cookies, name = _cookies(scope), cookie_name(port(), secure=scope["scheme"] == "https")
        if BROWSER_ID.fullmatch(cookies.get(name, "")):
            await self.app(scope, receive, send)
            return
        # Who came before ports had cookies of their own keeps the runs of that time.
        old = cookies.get(OLD_COOKIE, "")
        value = old if BROWSER_ID.fullmatch(old) else secrets.token_hex(16)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _is_page(headers, message["status"], scope):
                    headers.append("set-cookie", _cookie(name, value))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _is_page(headers: MutableHeaders, status: int, scope: Scope) -> bool:
    """Whether it is a page, or says that the browser has it already: its cookies may be gone while its files are there."""
    if headers.get("content-type", "").startswith("text/html"):
        return True
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return status == NOT_MODIFIED and b"text/html" in accepted


def _cookies(scope: Scope) -> dict[str, str]:
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    return cookie_parser(header.decode("latin-1"))


def _cookie(name: str, value: str) -> str:
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel["path"], morsel["max-age"], morsel["samesite"] = "/", str(YEAR), "Lax"
    morsel["httponly"], morsel["secure"] = True, name.startswith("__Host-")
    return morsel.OutputString()
