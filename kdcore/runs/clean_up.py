"""Removing runs for good: what was deleted, what never finished, or everything that has ended, except for starred runs.

Pictures that browsers uploaded go by the same rules: what was deleted, and what nobody uses. Of teachers that they added, what was removed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kdcore.data import uploaded_pictures
from kdcore.data.uploaded_pictures import UploadCard
from kdcore.pipelines import removed_teachers
from kdcore.runs.disk_usage import folder_size
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store

KEEP_DELETED = 7 * 24 * 3600.0
"""For so many seconds a deletion can be undone."""
DAY = 24 * 3600.0

CleanUpKind = Literal["deleted", "unfinished", "all"]
CLEAN_UP_KINDS: dict[CleanUpKind, str] = {
    "deleted": "deleted IS NOT NULL",
    "unfinished": "(deleted IS NOT NULL OR status IN ('stopped', 'failed', 'lost'))",
    "all": "(deleted IS NOT NULL OR status NOT IN ('queued', 'running', 'paused', 'parked'))",
}
"""What a clean-up removes: what was deleted; also what never finished; whatever has ended."""


@dataclass(frozen=True)
class CleanUp:
    """What a clean-up removes: the runs, their folders' bytes, and how many runs of the same kind it keeps for their star."""

    run_ids: tuple[str, ...]
    bytes: int
    starred: int


def to_clean(store: Store, kind: CleanUpKind, *, owner: str | None = None, older: float = 0.0) -> CleanUp:
    """What a clean-up would remove now: runs of a kind without a star, an owner's where one is given.

    A star keeps no run that was deleted.

    older: seconds that must have passed since a run was created, or since it was deleted.
    """
    where = f"{CLEAN_UP_KINDS[kind]} AND COALESCE(deleted, created) <= ?"
    values: list[Any] = [time.time() - older]
    if owner is not None:
        where += " AND owner = ?"
        values.append(digest(owner))
    with store.reading() as db:
        rows = db.execute(f"SELECT id, starred, deleted FROM summaries WHERE {where}", values).fetchall()
    removed = tuple(row["id"] for row in rows if row["deleted"] or not row["starred"])
    size = sum(folder_size(store.run_folder(run_id)) for run_id in removed)
    return CleanUp(removed, size, len(rows) - len(removed))


def clean_up(store: Store, kind: CleanUpKind, *, owner: str | None = None, older: float = 0.0) -> CleanUp:
    """Remove for good what `to_clean` names; returns what was removed."""
    removed = to_clean(store, kind, owner=owner, older=older)
    store.purge(removed.run_ids)
    return removed


def purge_deleted(store: Store) -> None:
    """Remove for good the runs and the browsers' own teachers that were deleted more than KEEP_DELETED seconds ago."""
    store.purge(to_clean(store, "deleted", older=KEEP_DELETED).run_ids)
    removed_teachers.purge(store.folder, KEEP_DELETED)


def pictures_to_clean(store: Store, data_folder: Path, *, older: float = KEEP_DELETED) -> list[UploadCard]:
    """The uploads that a clean-up would remove now: deleted so many seconds ago, or unused for a month and named by no run."""
    with store.reading() as db:
        rows = db.execute("SELECT DISTINCT json_extract(experiment, '$.dataset') FROM runs").fetchall()
    return uploaded_pictures.to_purge(data_folder, {row[0] for row in rows}, older=older)


def purge_pictures(store: Store, data_folder: Path) -> None:
    """Remove for good the pictures that a clean-up would remove, and what was handed in and not taken."""
    uploaded_pictures.purge(data_folder, pictures_to_clean(store, data_folder))
