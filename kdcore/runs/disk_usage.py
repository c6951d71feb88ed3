"""How many bytes the runs folder and what browsers uploaded take, and what takes them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kdcore.data import uploaded_pictures
from kdcore.data.offers_folder import APART
from kdcore.runs.runs_folder import RUN_ID


@dataclass(frozen=True)
class DiskUsage:
    """Bytes on the disk.

    Attributes:
        runs: the runs' own folders.
        database: what is in rows.
        shared: what runs share: teachers, cached logits and outputs.
        uploads: pictures that browsers handed in, those too that wait or can be brought back; they lie in the data folder.
    """

    runs: int
    database: int
    shared: int
    uploads: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.runs + self.database + self.shared + self.uploads


def disk_usage(runs_folder: Path, data_folder: Path) -> DiskUsage:
    """What both folders take now; datasets that nobody uploaded are not counted."""
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
    names = [card.name for card in uploaded_pictures.cards(data_folder)]
    uploads = sum(folder_size(data_folder / name) for name in (*names, APART))
    return DiskUsage(runs, database, shared, uploads)


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
