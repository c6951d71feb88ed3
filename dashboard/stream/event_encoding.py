"""Server-sent events as bytes, encoded and compressed once for all who get them.

A gzip member is a header and one deflate stream. Each event is compressed by itself and flushed to a byte boundary without a
reference to earlier bytes, so that the same bytes continue the stream of every browser, whatever it got before.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST_BLOCK = b"\x03\x00"
RAW_DEFLATE = -15


@dataclass(frozen=True)
class EncodedEvent:
    """One event.

    Attributes:
        version: the id by which a browser says what it got last; empty for an event that changes nothing.
        data: what it carries, one line.
        name: its type; empty for a message.
        retry: milliseconds after which a browser that was cut off comes again; 0 to leave that as it is.
    """

    version: str
    data: str
    name: str = ""
    retry: int = 0

    @cached_property
    def plain(self) -> bytes:
        """As text/event-stream has it."""
        lines = [f"id: {self.version}"] if self.version else []
        lines += [f"event: {self.name}"] if self.name else []
        lines += [f"retry: {self.retry}"] if self.retry else []
        return "\n".join([*lines, f"data: {self.data}", "", ""]).encode()

    @cached_property
    def deflated(self) -> bytes:
        """The same, compressed."""
        compressor = zlib.compressobj(wbits=RAW_DEFLATE)
        return compressor.compress(self.plain) + compressor.flush(zlib.Z_FULL_FLUSH)


class GzipStream:
    """One connection's gzip stream: the pieces around the shared events."""

    def __init__(self) -> None:
        self._checksum, self._size = 0, 0

    def add(self, event: EncodedEvent) -> bytes:
        """The bytes of an event."""
        start = b"" if self._size else GZIP_HEADER
        self._checksum = zlib.crc32(event.plain, self._checksum)
        self._size += len(event.plain)
        return start + event.deflated

    def end(self) -> bytes:
        """The bytes after the last event."""
        start = b"" if self._size else GZIP_HEADER
        return start + LAST_BLOCK + struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF)
