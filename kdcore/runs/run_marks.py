"""An owner's marks on a run: its star, tags and note."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kdcore.errors import RunRefused
from kdcore.runs.run_rows import change_row, row_of
from kdcore.runs.store import Store

MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 12, 40, 2000


def mark(
    store: Store,
    run_id: str,
    *,
    starred: bool | None = None,
    tags: Iterable[str] | None = None,
    note: str | None = None,
) -> None:
    """Change a run's star, its tags or its note; None leaves one as it is.

    Raises:
        RunRefused: the run is unknown, or a text is too long.
    """
    changes: dict[str, Any] = {}
    if starred is not None:
        changes["starred"] = int(starred)
    if tags is not None:
        changes["tags"] = json.dumps(tidy_tags(tags), ensure_ascii=False)
    if note is not None:
        changes["note"] = _tidy_note(note)
    with store.writing() as db:
        row_of(db, run_id)
        if changes:
            change_row(db, run_id, changes)


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Tags without surrounding or repeated blanks, each once.

    Raises:
        RunRefused: too many, or one that is too long.
    """
    tidy = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(tidy) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tidy):
        raise RunRefused(f"A run takes up to {MOST_TAGS} tags of up to {LONGEST_TAG} characters.")
    return tidy


def _tidy_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise RunRefused(f"A note takes up to {LONGEST_NOTE:,} characters; this one has {len(note):,}.")
    return note
