"""Whose browser is there: it keeps a WebSocket open as long as one of its pages is, and the queue is told."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.data import run_manager
from dashboard.session import id_in_cookies


class BrowserPresence:
    """Counts the WebSockets of each browser that has a cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        browser = id_in_cookies(HTTPConnection(scope).cookies)
        if not browser:
            await self.app(scope, receive, send)
            return
        presence = run_manager.manager().presence
        presence.arrive(browser)
        try:
            await self.app(scope, receive, send)
        finally:
            presence.leave(browser)
