"""The cookie by which a browser is known as the owner of its runs.

In a frame of another site a browser sends no such cookie. Where the server's owner allows that site (STILLROOM_FRAMES), and
over https, it gets another one there: partitioned, so that each site around it has an id of its own and none follows the
reader from one to the next. What another site's page sends with it is refused all the same (`origin_check.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.serving_address import port
from dashboard.session import BROWSER_ID, OLD_COOKIE, cookie_name

YEAR = 365 * 24 * 3600
NOT_MODIFIED = 304
FRAMES = ("iframe", "frame")


class BrowserCookie:
    """Gives each browser a random 128-bit id in a cookie that no script can read: whoever holds it owns its runs.

    `frames` are the sites in whose frames it is known too.
    """

    def __init__(self, app: ASGIApp, frames: Collection[str] = ()) -> None:
        self.app, self.frames = app, {*frames}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a page for a browser without an id also sets one."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"
        framed = secure and self._is_in_a_known_frame(Headers(scope=scope))
        cookies, name = _cookies(scope), cookie_name(port(), secure=secure, framed=framed)
        if BROWSER_ID.fullmatch(cookies.get(name, "")):
            await self.app(scope, receive, send)
            return
        # Who came before ports had cookies of their own keeps the runs of that time.
        old = cookies.get(OLD_COOKIE, "")
        value = old if BROWSER_ID.fullmatch(old) and not framed else secrets.token_hex(16)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _is_page(headers, message["status"], scope):
                    headers.append("set-cookie", _cookie(name, value, framed=framed))
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _is_in_a_known_frame(self, headers: Headers) -> bool:
        """Whether a page is asked for to stand in a frame of a site that may hold it; a frame of the same site is none."""
        if headers.get("sec-fetch-dest") not in FRAMES or headers.get("sec-fetch-site") != "cross-site":
            return False
        around = urlsplit(headers.get("referer", "").lower())
        # A page that tells nobody where it is tells us neither; the browser shows the frame to allowed sites only.
        return bool(self.frames) and (
            not around.netloc or f"{around.scheme}://{around.netloc}" in self.frames
        )


def _is_page(headers: MutableHeaders, status: int, scope: Scope) -> bool:
    """Whether it is a page, or says that the browser has it already: its cookies may be gone while its files are there."""
    if headers.get("content-type", "").startswith("text/html"):
        return True
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return status == NOT_MODIFIED and b"text/html" in accepted


def _cookies(scope: Scope) -> dict[str, str]:
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    return cookie_parser(header.decode("latin-1"))


def _cookie(name: str, value: str, *, framed: bool) -> str:
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel["path"], morsel["max-age"], morsel["samesite"] = "/", str(YEAR), "None" if framed else "Lax"
    morsel["httponly"], morsel["secure"] = True, name.startswith("__Host-")
    # The library knows the attribute from Python 3.14 on.
    return morsel.OutputString() + ("; Partitioned" if framed else "")
