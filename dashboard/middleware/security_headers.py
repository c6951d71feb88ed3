"""What browsers are told about every answer: what a page may load, who may frame it, and what its address tells others."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # a run's link is what lets one watch it
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
# Streamlit's page has scripts and styles of its own in it, components arrive as blobs, and Vega compiles its
# expressions: what is closed is every other host.
SOURCES = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


class SecurityHeaders:
    """Adds them. `frames` are the sites whose pages may hold these in a frame; none unless some are named."""

    def __init__(self, app: ASGIApp, frames: Collection[str] = ()) -> None:
        self.app, self.frames = app, " ".join(sorted(frames)) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; an answer gets its headers, a page its policy."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in EVERYWHERE.items():
                    headers[name] = value
                if headers.get("content-type", "").startswith("text/html"):
                    headers["content-security-policy"] = self._policy(host)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _policy(self, host: str) -> str:
        # Some browsers do not count websockets of the same host as 'self'.
        connect = f"'self' data: blob: ws://{host} wss://{host}"
        sources = {**SOURCES, "connect-src": connect, "frame-ancestors": self.frames}
        return "; ".join(f"{name} {value}" for name, value in sources.items())
