"""Single pictures that somebody sorted into classes by hand: made into what an upload of class folders is, and bounded alike."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from kdcore.data.offered_files import NOT_IN_NAMES, SPLITS, OfferedFile, OfferedFiles, offered_files, shown
from kdcore.data.upload_bounds import UploadBounds
from kdcore.errors import PictureRefused
from kdcore.texts import N_

LONGEST_CLASS = 60
TWICE = N_("chosen twice")
"""How a picture is counted that is among those of its class already."""
FORBIDDEN = '/ \\ : * ? " < > |'
NO_NAME = N_("A class has pictures and no name. Give it one.")


@dataclass(frozen=True)
class SortedClass:
    """A class as somebody named it, and the pictures sorted into it; their paths are the files' bare names."""

    name: str
    pictures: tuple[OfferedFile, ...]


def sorted_files(classes: Sequence[SortedClass], bounds: UploadBounds) -> OfferedFiles:
    """The pictures in a folder a class. Cameras call many files alike, so that these get a number; a picture chosen twice counts once.

    Classes with neither a name nor pictures are passed over.

    Raises:
        PictureRefused: a class without a name or without pictures, two of one name, a name that no folder can have, one class alone,
            or what else `offered_files` refuses.
    """
    filled = [one for one in classes if one.name.strip() or one.pictures]
    folders = [_folder(one) for one in filled]
    _refuse_alike(folders)
    if len(folders) < 2:
        raise PictureRefused(
            N_(
                "A network needs two classes or more to tell apart. Name another class, and choose its pictures."
            )
        )
    twice: Counter[str] = Counter()
    found = offered_files(
        [
            replace(file, path=f"{folder}/{file.path}")
            for folder, one in zip(folders, filled, strict=True)
            for file in _told_apart(one.pictures, twice)
        ],
        bounds,
    )
    return replace(found, left_out=Counter(found.left_out) + twice)


def _folder(one: SortedClass) -> str:
    """What the folder of a class is called: as the class is."""
    name = " ".join(unicodedata.normalize("NFC", one.name).split())
    if not name:
        raise PictureRefused(NO_NAME)
    if not one.pictures:
        raise PictureRefused(
            f"The class {shown(name)} has no pictures yet. Choose some, or remove the class."
        )
    if len(name) > LONGEST_CLASS or name.startswith(".") or NOT_IN_NAMES.search(name) or {*"/\\"} & {*name}:
        raise PictureRefused(
            f"No class can be called {shown(name)}: a folder is called as it is. Begin with no dot, use at most {LONGEST_CLASS} "
            f"characters, and none of {FORBIDDEN}."
        )
    if name.casefold() in SPLITS or name.upper() == "__MACOSX":
        raise PictureRefused(
            f"No class can be called {shown(name)}: folders of this name mean something else here. Call it otherwise."
        )
    return name


def _refuse_alike(folders: Sequence[str]) -> None:
    known: set[str] = set()
    for name in folders:
        if name.casefold() in known:
            raise PictureRefused(
                f"Two classes are called {shown(name)}. Call one of them otherwise, or put all its pictures into one."
            )
        known.add(name.casefold())


def _told_apart(pictures: Sequence[OfferedFile], twice: Counter[str]) -> Iterator[OfferedFile]:
    """A class's pictures, each once and each under a name of its own. twice: counts those that are left out."""
    contents: set[bytes] = set()
    names: set[str] = set()
    for file in pictures:
        with file.open() as opened:
            content = hashlib.sha256(opened.read()).digest()
        if content in contents:
            twice[TWICE] += 1
            continue
        contents.add(content)
        path = PurePosixPath(file.path)
        name, number = path.name, 1
        while name.casefold() in names:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        names.add(name.casefold())
        yield replace(file, path=name)
