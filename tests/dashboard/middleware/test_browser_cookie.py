from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message

from dashboard.middleware.browser_cookie import BrowserCookie
from dashboard.serving_address import DEFAULT_PORT
from dashboard.session import BROWSER_ID, OLD_COOKIE, cookie_name, id_in_cookies

HTML: ASGIApp = HTMLResponse("<p>page</p>")
COOKIE = cookie_name(DEFAULT_PORT)
OWN = "0f" * 16


def set_cookies(
    answer: Response | ASGIApp, cookie: str = "", scheme: str = "http", accept: str = ""
) -> list[str]:
    """What `Set-Cookie` headers a request with that cookie gets."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode("latin-1"))] if cookie else []
    headers += [(b"accept", accept.encode())] if accept else []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": scheme,
        "headers": headers,
    }
    asyncio.run(BrowserCookie(answer)(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_new_browser_gets_an_id_that_no_script_can_read() -> None:
    (cookie,) = set_cookies(HTML)
    value = cookie.split(";")[0].removeprefix(f"{COOKIE}=")
    assert BROWSER_ID.fullmatch(value)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie, "a browser drops it on plain http"
    assert set_cookies(HTML) != [cookie], "each gets its own"


def test_a_browser_that_has_the_page_but_no_cookies_gets_an_id_too() -> None:
    assert set_cookies(Response(status_code=304), accept="text/html,*/*")
    assert not set_cookies(Response(status_code=304), accept="image/png"), "a file of the page is none"
    assert not set_cookies(Response(status_code=304), f"{COOKIE}={OWN}", accept="text/html")


def test_over_https_no_other_host_and_no_plain_page_can_plant_one() -> None:
    (cookie,) = set_cookies(HTML, scheme="https")
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert set_cookies(HTML, f"{COOKIE}={OWN}", "https"), "a plain one is none"
    other = "ab" * 16
    assert id_in_cookies({COOKIE: OWN, f"__Host-{COOKIE}": other}) == other


def test_a_known_browser_keeps_its_id() -> None:
    assert set_cookies(HTML, cookie=f"a=b; {COOKIE}={OWN}") == []


def test_a_server_on_another_port_has_another_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    (cookie,) = set_cookies(HTML, cookie=f"{COOKIE}={OWN}")
    assert cookie.startswith("stillroom_9000=")
    assert OWN not in cookie
    assert id_in_cookies({COOKIE: OWN}) == ""


def test_who_came_before_ports_had_their_own_keeps_the_id() -> None:
    (cookie,) = set_cookies(HTML, cookie=f"{OLD_COOKIE}={OWN}")
    assert cookie.startswith(f"{COOKIE}={OWN};")


@pytest.mark.parametrize("value", ["", "short", "Z" * 32, "0" * 64])
def test_a_malformed_id_is_replaced(value: str) -> None:
    (cookie,) = set_cookies(HTML, cookie=f"{COOKIE}={value}; {OLD_COOKIE}={value}")
    assert BROWSER_ID.fullmatch(cookie.split(";")[0].removeprefix(f"{COOKIE}="))


def test_only_pages_set_cookies() -> None:
    assert set_cookies(JSONResponse({})) == []


# ---- in a frame of another site

FRAME = {
    "sec-fetch-dest": "iframe",
    "sec-fetch-site": "cross-site",
    "referer": "https://courses.example.org/",
}
COURSES = {"https://courses.example.org"}


def in_a_frame(frames: set[str], scheme: str = "https", cookie: str = "", **headers: str) -> list[str]:
    """What a page gets that is asked for by a frame; a header of None is left out."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = {**FRAME, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in asked.items()]
    raw += [(b"cookie", cookie.encode())] if cookie else []
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "scheme": scheme, "headers": raw}
    asyncio.run(BrowserCookie(HTML, frames)(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_in_a_frame_that_is_allowed_it_works_across_sites_and_is_partitioned() -> None:
    (cookie,) = in_a_frame(COURSES)
    assert cookie.startswith(f"__Host-{COOKIE}_framed=")
    for part in ("SameSite=None", "Secure", "HttpOnly", "Partitioned", "Path=/"):
        assert f"; {part}" in cookie
    value = cookie.split(";")[0].partition("=")[2]
    assert id_in_cookies({f"__Host-{COOKIE}_framed": value}) == value
    assert in_a_frame(COURSES, cookie=f"__Host-{COOKIE}_framed={value}") == [], "it is kept"


@pytest.mark.parametrize(
    ("frames", "scheme", "headers"),
    [
        (set(), "https", {}),
        (COURSES, "http", {}),
        (COURSES, "https", {"referer": "https://elsewhere.example.org/"}),
        (COURSES, "https", {"sec_fetch_dest": "document"}),
        (COURSES, "https", {"sec_fetch_site": "same-site"}),
    ],
    ids=["no site allowed", "no https", "another site", "no frame", "a frame of the same site"],
)
def test_everywhere_else_it_stays_with_its_own_site(
    frames: set[str], scheme: str, headers: dict[str, str]
) -> None:
    (cookie,) = in_a_frame(frames, scheme, **headers)
    assert "SameSite=Lax" in cookie
    assert "Partitioned" not in cookie
    assert "_framed" not in cookie


def test_an_id_of_old_is_not_carried_into_a_frame() -> None:
    (cookie,) = in_a_frame(COURSES, cookie=f"{OLD_COOKIE}={OWN}")
    assert OWN not in cookie
