"""The server around the pages: what is imported while it starts, and how it ends."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard.data import run_manager, torch_imports
from dashboard.label_icons import remember_label_icons
from dashboard.middleware.browser_cookie import BrowserCookie
from dashboard.middleware.browser_presence import BrowserPresence
from dashboard.middleware.closed_endpoints import ClosedEndpoints
from dashboard.middleware.origin_check import OriginCheck
from dashboard.middleware.security_headers import SecurityHeaders
from dashboard.middleware.served_page import ServedPage
from dashboard.middleware.upload_limit import UploadLimit
from dashboard.serving_address import own_names, sites
from dashboard.stream import live_streams
from kdcore.inference import client
from kdcore.runs.runs_folder import runs_folder
from kdcore.system.environment_number import number

MEGABYTE = 1 << 20

greeting = ""
"""Printed once the server answers."""


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the manager with its warm worker and import what the pickers need; at the end stop the workers cleanly."""
    manager = run_manager.manager()
    torch_imports.warm_up()
    remember_label_icons()
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
        Middleware(OriginCheck, names=own_names(), addresses=sites("STILLROOM_ADDRESSES")),
        Middleware(SecurityHeaders, frames=sites("STILLROOM_FRAMES")),
        Middleware(ClosedEndpoints, metrics=bool(os.environ.get("STILLROOM_METRICS"))),
        Middleware(
            UploadLimit, most=int(MEGABYTE * number("STILLROOM_UPLOADS", 20, least=1, unit="megabytes"))
        ),
        Middleware(BrowserCookie, frames=sites("STILLROOM_FRAMES")),
        Middleware(BrowserPresence),
        Middleware(ServedPage),
    ],
)
