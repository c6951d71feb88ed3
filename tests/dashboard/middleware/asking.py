"""Asking a middleware as a server does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message

PAGE: ASGIApp = HTMLResponse("<p>page</p>")


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


async def asked(app: ASGIApp, path: str = "/", method: str = "GET", **headers: str) -> Answered:
    """What a request is answered; a header's name has _ in place of -."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "scheme": "http", "headers": raw}
    await app(scope, receive, send)
    came = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], came, b"".join(part["body"] for part in sent[1:]).decode())


def ask(app: ASGIApp, path: str = "/", method: str = "GET", **headers: str) -> Answered:
    """The same, from outside an event loop."""
    return asyncio.run(asked(app, path, method, **headers))
