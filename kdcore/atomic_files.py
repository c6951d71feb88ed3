"""Files that are whole or absent, whenever the process or the machine stops: written apart, then put in place at once."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PART = ".part"
"""How the name of a file ends that is still being written. One that lies there for long was left by a killed process."""
NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)
"""What file systems answer that cannot synchronise a folder, such as some network mounts."""


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Replace a file in one piece, as `atomic_file` does; text as UTF-8.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    with atomic_file(path, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def atomic_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write into that takes the place of `path` when the block ends without an error; folders are made.

    durable: have it survive a power cut too, which waits for the disk. Not for what is worthless by then.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PART}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def move_into_place(source: Path, path: Path) -> None:
    """Rename a finished file of the same disk, and return when both the content and the name would survive a power cut.

    Raises:
        OSError: it cannot be read or moved.
    """
    with source.open("r+b") as file:
        os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have renames in a folder survive a power cut; Windows does so by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
