"""Browser contexts that are used again: one that is new reads and compiles the program's files, which takes longer than most tests."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser.helpers import PATIENCE

ANCHOR = "/_stcore/health"
"""What is open in a context between tests: while it is, Chromium keeps the process that has compiled the program."""


class WarmContexts:
    """Hands out contexts, each as a browser that knows nobody; what was handed back is emptied and handed out again."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[tuple[dict[str, Any], BrowserContext]] = []
        self._out: dict[BrowserContext, dict[str, Any]] = {}

    def take(self, **options: Any) -> BrowserContext:
        """One with these options of Playwright's; `base_url` is the address of a server that runs."""
        self._forget_other_servers(options["base_url"])
        context = next((idle for asked, idle in self._idle if asked == options), None)
        if context is None:
            context = self._browser.new_context(**options)
            context.set_default_timeout(PATIENCE)
            context.new_page().goto(ANCHOR)
        else:
            self._idle.remove((options, context))
        self._out[context] = options
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Close its pages and empty it."""
        options = self._out.pop(context)
        anchor, *pages = context.pages
        for page in pages:
            page.close()
        stored = {"origin": options["base_url"], "storageTypes": "local_storage,indexeddb"}
        session = context.new_cdp_session(anchor)
        session.send("Storage.clearDataForOrigin", stored)
        session.detach()
        context.clear_cookies()
        context.clear_permissions()
        self._idle.append((options, context))

    def _forget_other_servers(self, address: str) -> None:
        """A file's own server ends with the file; the shared one's contexts are made again once, by the next file that asks."""
        gone = [one for one in self._idle if one[0]["base_url"] != address]
        self._idle = [one for one in self._idle if one not in gone]
        for _options, context in gone:
            context.close()


def pages_of(context: BrowserContext) -> list[Any]:
    """What a test has opened in it."""
    return [page for page in context.pages if not page.url.endswith(ANCHOR)]
