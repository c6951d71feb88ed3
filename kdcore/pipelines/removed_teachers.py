"""Teachers that a browser removed on the page: put aside for some days, in which they can be brought back; and how many it may have."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from kdcore import teachers
from kdcore.errors import OutOfResources, TeacherUnavailable
from kdcore.system.environment_number import number
from kdcore.teachers import TeacherCard
from kdcore.texts import N_

REMOVED = ".removed"
"""The folder beside the teachers for those that are put aside."""
OF_ONE_BROWSER = 10
"""Teachers that a browser may have here at a time."""
GONE = N_("This teacher is gone for good. Add it again.")
SUFFIXES = (".safetensors", ".json")
"""Of a teacher's files, in the order in which they come: there is no card without weights."""


def most_of_one_browser() -> int:
    """How many teachers a browser may have, from STILLROOM_TEACHERS.

    Raises:
        OutOfResources: the setting is no such number.
    """
    return int(number("STILLROOM_TEACHERS", OF_ONE_BROWSER, least=0, unit="teachers"))


def refuse_many(owner: str, runs_folder: Path) -> None:
    """Refuse one teacher more of a browser (its digest) than it may have.

    Raises:
        TeacherUnavailable: it has as many as it may.
        OutOfResources: the setting is no such number.
    """
    most = most_of_one_browser()
    if owner and sum(card.owner == owner for card in teachers.all_cards(runs_folder)) >= most:
        raise TeacherUnavailable(
            f"This browser has {most} teachers here, the most that one may have. Remove one of them first."
        )


def remove(name: str, runs_folder: Path, owner: str) -> None:
    """Put a browser's teacher aside. Of those that it put aside, as many are kept as it may have, the newest.

    Raises:
        TeacherUnavailable: there is none of this name, or it is another browser's.
        OutOfResources: the folder cannot be written.
    """
    [card] = teachers.brought(name, runs_folder, owner)
    _move(card.name, runs_folder / "teachers", _aside(runs_folder), SUFFIXES[::-1])
    for older in removed_cards(runs_folder, owner)[max(1, most_of_one_browser()) :]:
        _unlink(_aside(runs_folder), older.name)


def restore(name: str, runs_folder: Path, owner: str) -> None:
    """Bring a browser's teacher back.

    Raises:
        TeacherUnavailable: it is gone for good or another browser's, or this one has as many as it may.
        OutOfResources: the folder cannot be written.
    """
    if name not in {card.name for card in removed_cards(runs_folder, owner)}:
        raise TeacherUnavailable(GONE)
    refuse_many(owner, runs_folder)
    _move(name, _aside(runs_folder), runs_folder / "teachers", SUFFIXES)


def removed_cards(runs_folder: Path, owner: str) -> list[TeacherCard]:
    """What a browser put aside and has not added again, the newest first."""
    there = {card.name for card in teachers.all_cards(runs_folder)}
    found = [card for card in teachers.cards_in(_aside(runs_folder)) if card.owner == owner]
    return sorted(
        (card for card in found if card.name not in there),
        key=lambda card: -_put_aside(_aside(runs_folder) / f"{card.name}.json"),
    )


def to_purge(runs_folder: Path, older: float) -> dict[str, int]:
    """What was put aside so many seconds ago, or lies there without its other file: names, and their bytes."""
    before = time.time() - older
    sizes: dict[str, int] = {}
    for name in {path.stem for path in _aside(runs_folder).glob("*")}:
        files = [*_files(_aside(runs_folder), name)]
        card = _aside(runs_folder) / f"{name}.json"
        if max(map(_put_aside, [card] if card in files else files), default=0.0) <= before:
            sizes[name] = sum(path.stat().st_size for path in files)
    return sizes


def purge(runs_folder: Path, older: float) -> int:
    """Remove for good what `to_purge` names; returns the bytes that are free."""
    found = to_purge(runs_folder, older)
    for name in found:
        _unlink(_aside(runs_folder), name)
    return sum(found.values())


def _aside(runs_folder: Path) -> Path:
    return runs_folder / "teachers" / REMOVED


def _files(folder: Path, name: str) -> Iterator[Path]:
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            yield path


def _put_aside(path: Path) -> float:
    """When; long ago where another process has just taken it away."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _unlink(folder: Path, name: str) -> None:
    for path in _files(folder, name):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _move(name: str, source: Path, target: Path, suffixes: tuple[str, ...]) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
        os.utime(source / f"{name}.json")  # it is kept for some days from now on
        for suffix in suffixes:
            os.replace(source / f"{name}{suffix}", target / f"{name}{suffix}")
    except OSError as error:
        raise OutOfResources(
            f"The teacher's files could not be moved ({error.strerror}). Have whoever started the server look at the runs folder.",
            where=target,
        ) from error
