"""How much the uploads of one session, and of all together, may take of the server's memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from kdcore.texts import N_

UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
SESSIONS = 15
"""As many sessions may hold all that one may."""
TOO_MUCH = N_("Your uploads are too large together: remove one, then upload the next.")
ALL_TOO_MUCH = N_("All uploads together take too much of this server's memory. Try again in some minutes.")
NO_LENGTH = N_("An upload has to say how long it is.")


class StoredUploads(Protocol):
    """What the server holds: each session's files by id."""

    def sizes(self, session: str) -> Mapping[str, int]:
        """Bytes of a session's files."""
        ...

    def total(self) -> int:
        """Bytes of all files."""
        ...


class StreamlitUploads:
    """The uploads in Streamlit's memory."""

    def sizes(self, session: str) -> Mapping[str, int]:
        """Bytes of a session's files."""
        files = self._files().get(session, {})
        return {name: len(file.data) for name, file in [*files.items()]}

    def total(self) -> int:
        """Bytes of all files."""
        return sum(sum(self.sizes(session).values()) for session in [*self._files()])

    @staticmethod
    def _files() -> Mapping[str, Mapping[str, Any]]:
        storage: Mapping[str, Mapping[str, Any]] = getattr(
            runtime.get_instance().uploaded_file_mgr, "file_storage", {}
        )
        return storage


class UploadLimit:
    """Refuses an upload with which a session, or all of them, would hold more than `most` bytes a session."""

    def __init__(self, app: ASGIApp, most: int, stored: StoredUploads | None = None) -> None:
        self.app, self.most, self.stored = app, most, stored or StreamlitUploads()
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse before anything is read."""
        upload = UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal() or len(length) > 12:
            await PlainTextResponse(NO_LENGTH, 411)(scope, receive, send)
            return
        session, file = upload.groups()
        if why := self._refusal(session, file, int(length)):
            await PlainTextResponse(why, 413)(scope, receive, send)
            return
        self._coming[session] += int(length)
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming[session] -= int(length)
            self._coming += Counter()  # without those whose uploads have ended

    def _refusal(self, session: str, file: str, length: int) -> str:
        sizes = self.stored.sizes(session)
        if sum(sizes.values()) - sizes.get(file, 0) + self._coming[session] + length > self.most:
            return TOO_MUCH
        if self.stored.total() + self._coming.total() + length > SESSIONS * self.most:
            return ALL_TOO_MUCH
        return ""
