"""Endpoints of Streamlit's that tell strangers about the server: closed unless they are asked for."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kdcore.texts import N_

METRICS = "/_stcore/metrics"
AGENTS = "/_stcore/agent"
CLOSED = N_("This is closed. Whoever started the server opens it with STILLROOM_METRICS=1.")


class ClosedEndpoints:
    """Answers 404 in their place. `metrics`: whether figures of the server are open."""

    def __init__(self, app: ASGIApp, metrics: bool = False) -> None:
        self.app = app
        self.closed = (AGENTS,) if metrics else (METRICS, AGENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or answer."""
        if scope["type"] == "http" and any(part in scope["path"] for part in self.closed):
            await PlainTextResponse(CLOSED, 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
