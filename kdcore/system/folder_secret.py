"""A secret of an installation: random bytes in a file of the runs folder, made once, which only its owner may read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from kdcore.errors import OutOfResources

BYTES = 32


def folder_secret(folder: Path, name: str, need: str) -> bytes:
    """The secret in the folder's file of that name, made at the first call.

    need: who needs it, to end a sentence with.

    Raises:
        OutOfResources: it can be neither read nor written.
    """
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_bytes(BYTES))
        return path.read_bytes()
    except OSError as error:
        raise OutOfResources(
            f"{path} cannot be used ({error.strerror}): {need}. Give the runs folder back its permissions."
        ) from error


def _write_once(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; one that another process wrote meanwhile stays."""
    own = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
