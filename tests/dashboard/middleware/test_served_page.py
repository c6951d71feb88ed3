"""What is written into Streamlit's page on its way, and that nothing else is touched."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message

from dashboard.middleware.served_page import ServedPage

PAGE = '<!DOCTYPE html>\n<html lang="en">\n  <head>\n    <title>Streamlit</title></head><body></body></html>'


def answered(answer: ASGIApp, **headers: str) -> tuple[dict[str, str], bytes, list[tuple[bytes, bytes]]]:
    """Headers and body of an answer, and the headers that the server behind was asked with."""
    sent: list[Message] = []
    asked: list[tuple[bytes, bytes]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        asked.extend(scope["headers"])
        await answer(scope, receive, send)

    async def receive() -> Message:
        await asyncio.Event().wait()  # the browser stays
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": raw}
    asyncio.run(ServedPage(behind)(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body, asked


def test_a_page_is_marked_and_says_why_nothing_comes() -> None:
    headers, body, _asked = answered(HTMLResponse(PAGE), accept="text/html,*/*")
    text = body.decode()
    assert '<html translate="no" lang="en">' in text
    assert '<meta name="google" content="notranslate" />' in text
    assert "no connection to its server for ten seconds" in text
    assert text.endswith("<title>Streamlit</title></head><body></body></html>")
    assert int(headers["content-length"]) == len(body)


def test_a_page_in_pieces_is_put_together() -> None:
    pieces = StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")
    assert b'translate="no"' in answered(pieces, accept="text/html")[1]


def test_it_is_asked_for_whole_and_plain() -> None:
    _headers, _body, asked = answered(
        HTMLResponse(PAGE), accept="text/html", accept_encoding="gzip", range="bytes=0-9"
    )
    assert {name for name, _value in asked} == {b"accept"}


def test_nothing_else_is_touched() -> None:
    for answer in (JSONResponse({"html": "<html >"}), PlainTextResponse("<html >"), HTMLResponse(PAGE, 404)):
        assert answered(answer, accept="text/html")[1] == answer.body
    assert answered(HTMLResponse(PAGE), accept="*/*")[1] == PAGE.encode(), "a component's frame, a script"
    packed = Response(b"\x1f\x8b", media_type="text/html", headers={"content-encoding": "gzip"})
    assert answered(packed, accept="text/html")[1] == b"\x1f\x8b"
    assert answered(Response(status_code=304), accept="text/html")[1] == b""
