"""The server around the pages: the browser's cookie, what is imported while the server starts, and how it ends."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.data import run_manager, torch_imports
from dashboard.session import BROWSER_ID, COOKIE
from kdcore.inference import client
from kdcore.runs.runs_folder import runs_folder

YEAR = 365 * 24 * 3600
greeting = ""
"""Printed once the server answers."""


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


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the manager with its warm worker and import what the pickers need; at the end stop the workers cleanly."""
    manager = run_manager.manager()
    torch_imports.warm_up()
    print(greeting, flush=True)
    yield
    client.inference_client(runs_folder()).close()
    manager.close()


app = st.App(Path(__file__).with_name("app.py"), lifespan=lifespan, middleware=[Middleware(BrowserCookie)])
