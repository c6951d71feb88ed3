"""What runs share and could compute again: teachers that experiments trained for themselves, their logits, networks' outputs.

The longest unused are forgotten first. Named teachers lie elsewhere and stay.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdcore import teachers
from kdcore.runs.disk_usage import folder_size
from kdcore.system.environment_number import number

GIGABYTE = 1e9
KEPT_GIGABYTES = 5.0
UNUSED_SECONDS = 30 * 24 * 3600.0
IN_USE_SECONDS = 3600.0
"""What was used this recently may be in use."""
TEACHERS = (".json", ".safetensors")


@dataclass(frozen=True)
class KeptThing:
    """Files that are of use together only: their paths in the order in which to remove them, bytes, and when last used."""

    paths: tuple[Path, ...]
    bytes: int
    used: float


def most_kept() -> float:
    """How many bytes are kept, from STILLROOM_KEPT in GB.

    Raises:
        OutOfResources: it is no such number.
    """
    return GIGABYTE * number("STILLROOM_KEPT", KEPT_GIGABYTES, unit="gigabytes")


def to_forget(
    runs_folder: Path, *, most: float, unused: float = UNUSED_SECONDS, now: float | None = None
) -> list[KeptThing]:
    """What is not kept: unused for so many seconds, and the longest unused of what takes more than `most` bytes together."""
    now = time.time() if now is None else now
    things = sorted(_things(teachers.kept_folder(runs_folder)), key=lambda thing: -thing.used)
    held, forgotten = 0.0, []
    for thing in things:
        held += thing.bytes
        if now - thing.used > IN_USE_SECONDS and (held > most or now - thing.used > unused):
            forgotten.append(thing)
    return forgotten


def forget(things: Sequence[KeptThing]) -> int:
    """Remove them; returns the bytes that are free."""
    for thing in things:
        for path in thing.paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    return sum(thing.bytes for thing in things)


def _things(folder: Path) -> Iterator[KeptThing]:
    together: dict[str, list[Path]] = defaultdict(list)
    for path in folder.glob("*"):
        if path.is_file() and path.suffix in TEACHERS:
            together[path.stem].append(path)
    singles = [[path] for name in ("logits", "answers") for path in folder.glob(f"{name}/*")]
    for paths in [*together.values(), *singles]:
        with suppress(OSError):  # removed by another process in this moment
            yield _thing(paths)


def _thing(paths: Sequence[Path]) -> KeptThing:
    """The card of a teacher goes before its weights: there is no card without them."""
    size = sum(folder_size(path) if path.is_dir() else path.stat().st_size for path in paths)
    return KeptThing(tuple(sorted(paths)), size, max(map(_last_used, paths)))


def _last_used(path: Path) -> float:
    """When a file was read or written, or the latest of a folder's: looking into it is no use of it."""
    if path.is_dir():
        return max([path.stat().st_mtime, *map(_last_used, path.iterdir())])
    state = path.stat()
    return max(state.st_atime, state.st_mtime)
