"""What Streamlit's page brings along before its own program runs: that it is not to be translated, why nothing comes, and when
it has to be loaded anew.

A browser's translation rewrites text that React draws, and the page breaks; this one speaks the reader's language itself.
Where no WebSocket gets through, nothing of ours is ever drawn: the sentence about it has to come with the page. A script run that a
lost connection interrupts can leave an empty page for good (Streamlit 1.67): whoever loads it anew has to come with it too.
"""

from __future__ import annotations

import json
from functools import lru_cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.text.translation import _
from kdcore.translation import speaking, written_language

PATIENCE = 10_000
"""Milliseconds without a connection after which the page says so."""
ENCODED = (b"accept-encoding", b"range")
"""What a page is not asked for with: compressed or in parts it could not be written into."""
NO_CONNECTION = """<script>
setTimeout(function look() {
  const app = document.querySelector('[data-testid="stApp"]'), id = 'no_connection';
  let notice = document.getElementById(id);
  if (app && app.dataset.testConnectionState === 'CONNECTED') return notice && notice.remove();
  if (!notice) {
    notice = Object.assign(document.createElement('p'), { id, textContent: %s });
    notice.setAttribute('role', 'alert');
    notice.style.cssText = 'position: fixed; z-index: 1000000; left: 50%%; top: 35%%; transform: translateX(-50%%); width: min(40rem, 80vw); margin: 0;'
      + 'padding: 1rem 1.25rem; border: 2px solid; border-radius: 6px; font: 1.05rem/1.45 sans-serif; color: CanvasText; background: Canvas; color-scheme: light dark;';
    document.body.append(notice);
  }
  setTimeout(look, 500);
}, %d);
</script>"""
LOADED_ANEW = """<script>
(() => {
  const state = 'data-test-connection-state';
  let lost = false, until = 0, broken = 0;
  new MutationObserver(changes => {
    lost ||= changes.some(change => change.oldValue === 'CONNECTED');
    if (lost) until = Date.now() + 30000;
  }).observe(document, { subtree: true, attributes: true, attributeFilter: [state], attributeOldValue: true });
  setInterval(() => {
    const whole = globalThis.stillroomPageEnd && stillroomPageEnd.size, connected = document.querySelector(`[${state}="CONNECTED"]`);
    broken = connected && !whole && Date.now() < until ? broken + 1 : 0;
    if (broken === 5) location.reload();
  }, 1000);
})();
</script>"""
"""In the half minute after a lost connection, for five seconds without the page's end (dashboard/components/connection_notice.js)."""


class ServedPage:
    """Writes all three into every page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; what is asked for as a page and answered as one is written into."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        language = Headers(scope=scope).get("accept-language", "").partition(",")[0].partition(";")[0].strip()
        whole = {**scope, "headers": [one for one in scope["headers"] if one[0] not in ENCODED]}
        await self.app(whole, receive, _Rewriter(send, written_language(language)).send)


class _Rewriter:
    """One answer: its start waits until its body is whole."""

    def __init__(self, send: Send, language: str) -> None:
        self._send, self._language = send, language
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_written()
        else:
            await self._send(message)

    async def _send_written(self) -> None:
        assert self._start is not None
        body = _written(self._body, self._language) if self._body else b""
        headers = MutableHeaders(scope=self._start)
        if body:  # an answer to HEAD has none, and says how long it would be
            headers["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    page = headers.get("content-type", "").startswith("text/html")
    return page and message["status"] == 200 and "content-encoding" not in headers


def _written(body: bytes, language: str) -> bytes:
    head = b'<meta name="google" content="notranslate" />' + _script(language)
    marked = body.replace(b"<html ", b'<html translate="no" ', 1)
    return marked.replace(b"<head>", b"<head>" + head, 1)


@lru_cache(maxsize=32)
def _script(language: str) -> bytes:
    with speaking(language):
        sentence = _(
            "This page has had no connection to its server for ten seconds: the server has ended, the network is gone, or something "
            "between lets no WebSockets through (a proxy, a school's filter, a browser extension). The page goes on by itself as soon as "
            "it can. Try another network, or ask who looks after the server."
        )
    return (NO_CONNECTION % (json.dumps(sentence).replace("<", "\\u003c"), PATIENCE) + LOADED_ANEW).encode()
