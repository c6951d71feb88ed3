"""How many bytes the runs folder takes, and what takes them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kdcore.runs.runs_folder import RUN_ID


@dataclass(frozen=True)
class DiskUsage:
    """Bytes in the runs folder.

    Attributes:
        runs: the runs' own folders.
        database: what is in rows.
        shared: what runs share: teachers, cached logits and outputs.
    """

    runs: int
    database: int
    shared: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.runs + self.database + self.shared


def disk_usage(runs_folder: Path) -> DiskUsage:
    """What the runs folder takes now."""
    runs = shared = database = 0
    for entry in os.scandir(runs_folder):
        if not entry.is_dir(follow_symlinks=False):
            size = entry.stat(follow_symlinks=False).st_size
            database += size if entry.name.startswith("runs.sqlite3") else 0
            shared += 0 if entry.name.startswith("runs.sqlite3") else size
        elif RUN_ID.fullmatch(entry.name):
            runs += folder_size(Path(entry.path))
        else:
            shared += folder_size(Path(entry.path))
    return DiskUsage(runs, database, shared)


def folder_size(folder: Path) -> int:
    """Bytes of the files below a folder; one that disappears meanwhile counts as none."""
    total = 0
    for directory, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_size
            except OSError:
                continue
    return total
