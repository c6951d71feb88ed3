from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message

from dashboard import __main__ as entry
from dashboard.browser_cookie import BrowserCookie
from dashboard.session import BROWSER_ID, COOKIE

HTML: ASGIApp = HTMLResponse("<p>page</p>")


def set_cookies(answer: Response | ASGIApp, cookie: str = "", scheme: str = "http") -> list[str]:
    """What `Set-Cookie` headers a request with that cookie gets."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode("latin-1"))] if cookie else []
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
    assert "Secure" in set_cookies(HTML, scheme="https")[0]


def test_a_known_browser_keeps_its_id() -> None:
    assert set_cookies(HTML, cookie=f"a=b; {COOKIE}={'0f' * 16}") == []


@pytest.mark.parametrize("value", ["", "short", "Z" * 32, "0" * 64])
def test_a_malformed_id_is_replaced(value: str) -> None:
    assert len(set_cookies(HTML, cookie=f"{COOKIE}={value}")) == 1


def test_only_pages_set_cookies() -> None:
    assert set_cookies(JSONResponse({})) == []


@pytest.mark.parametrize("text", ["eighty", "0", "70000", "-1", "8501.5"])
def test_a_wrong_port_is_refused_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 2
    assert f"PORT={text} is no port" in capsys.readouterr().err
