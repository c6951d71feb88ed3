"""The server around the pages: what is imported while it starts, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard.data import run_manager, torch_imports
from dashboard.middleware.browser_cookie import BrowserCookie
from dashboard.middleware.browser_presence import BrowserPresence
from dashboard.middleware.origin_check import OriginCheck
from dashboard.serving_address import further_addresses, own_names
from dashboard.stream import live_streams
from kdcore.inference import client
from kdcore.runs.runs_folder import runs_folder

greeting = ""
"""Printed once the server answers."""


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the manager with its warm worker and import what the pickers need; at the end stop the workers cleanly."""
    manager = run_manager.manager()
    torch_imports.warm_up()
    print(greeting, flush=True)
    with live_streams.serving():
        yield
    client.inference_client(runs_folder()).close()
    manager.close()


app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    routes=live_streams.ROUTES,
    middleware=[
        Middleware(OriginCheck, names=own_names(), addresses=further_addresses()),
        Middleware(BrowserCookie),
        Middleware(BrowserPresence),
    ],
)
