"""A reader of a run's live stream, as a browser's: it takes the events apart and draws nothing."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import urlsplit

GZIP_MEMBER = 16 + zlib.MAX_WBITS


class StreamEvent(NamedTuple):
    """One event; a message's name is empty, and only a message has a version."""

    name: str
    data: str
    version: str


async def stream_events(address: str, cookie: str, last: str = "") -> AsyncIterator[StreamEvent]:
    """The events of the stream at an address. It ends with the stream.

    Raises:
        ConnectionRefusedError: the answer is no stream.
    """
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        lines = [
            f"GET {parts.path}?{parts.query} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Accept: text/event-stream",
            "Accept-Encoding: gzip",
            f"Cookie: {cookie}",
            *([f"Last-Event-ID: {last}"] if last else []),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if " 200 " not in head.split("\r\n")[0]:
            raise ConnectionRefusedError(head)
        inflate = zlib.decompressobj(GZIP_MEMBER)
        text = b""
        async for chunk in _chunks(reader):
            text += inflate.decompress(chunk) if "content-encoding: gzip" in head else chunk
            *events, text = text.split(b"\n\n")
            for event in events:
                yield _parsed(event.decode())
    finally:
        writer.close()


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The pieces of a chunked body."""
    while size := int(await reader.readline() or b"0", 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


def _parsed(event: str) -> StreamEvent:
    fields = dict(line.split(": ", 1) for line in event.split("\n"))
    return StreamEvent(fields.get("event", ""), fields.get("data", ""), fields.get("id", ""))
