"""The files of an upload before any of them is read: their names made safe, and what is no picture counted.

A name may not climb, be absolute or be there twice. What wraps all class folders (`pets/cat/1.png`, `pets/dog/2.png`) is taken off.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from kdcore.data.picture_survey import SUFFIXES, VALIDATION_FOLDERS
from kdcore.data.upload_bounds import MEGABYTE, UploadBounds
from kdcore.errors import PictureRefused
from kdcore.texts import N_

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar")
LONGEST_NAME = 200
DEEPEST = 8
DRIVE = re.compile(r"^[A-Za-z]:")
NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
SHOWN = 60
NO_PICTURES = N_("There are no pictures in this upload. Pack folders of pictures, one for each class.")
NO_CLASSES = N_(
    "The pictures of this upload are in no folders, so nobody knows their classes. Put those of each class into a folder that is "
    "called as the class is."
)
SPLITS = ("train", "test", *VALIDATION_FOLDERS)


@dataclass(frozen=True)
class OfferedFile:
    """A file of an upload, not read yet.

    Attributes:
        path: below the dataset's folder: class folder and name.
        size: bytes that it unpacks into, as it says itself; it is never read further than that.
        open: begins to read it.
    """

    path: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class OfferedFiles:
    """The pictures of an upload by their names, and how many other files there are by their ending."""

    pictures: tuple[OfferedFile, ...]
    left_out: Mapping[str, int]


def offered_files(files: Iterable[OfferedFile], bounds: UploadBounds) -> OfferedFiles:
    """Check the names and the sizes that an upload says it has; reads nothing.

    Raises:
        PictureRefused: a name climbs, is absolute, too long or there twice; another archive; no pictures, too many of them, or too
            many bytes.
    """
    pictures: dict[str, OfferedFile] = {}
    left_out: Counter[str] = Counter()
    for file in files:
        parts = safe_parts(file.path)
        if _is_clutter(parts):
            continue
        name = parts[-1].lower()
        if name.endswith(ARCHIVES):
            raise PictureRefused(
                f"There is another archive in this upload: {shown(file.path)}. Unpack it, then pack the folders of pictures alone."
            )
        if not name.endswith(SUFFIXES):
            left_out[PurePosixPath(name).suffix or N_("without an ending")] += 1
            continue
        path = "/".join(parts)
        if path.casefold() in pictures:
            raise PictureRefused(
                f"{shown(path)} is in this upload twice. Pack it again with every file once."
            )
        pictures[path.casefold()] = OfferedFile(path, file.size, file.open)
    _refuse_too_much([*pictures.values()], bounds)
    unwrapped = _unwrapped([*pictures.values()])
    in_folders = tuple(file for file in unwrapped if "/" in file.path)
    _refuse_without_classes(in_folders)
    if loose := len(unwrapped) - len(in_folders):
        left_out[N_("beside the class folders")] += loose
    return OfferedFiles(in_folders, left_out)


def safe_parts(name: str) -> tuple[str, ...]:
    """The folders and the name of a file, in one spelling.

    Raises:
        PictureRefused: it climbs, is absolute, too long, too deep, or has characters that no file's name has.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/")
    if plain.startswith("/") or DRIVE.match(plain):
        raise PictureRefused(
            f"{shown(name)} names a place on a disk, not one in this upload. Pack the folders of pictures again."
        )
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if ".." in parts:
        raise PictureRefused(f"{shown(name)} climbs out of this upload. Pack the folders of pictures again.")
    if not parts or len(parts) > DEEPEST or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise PictureRefused(
            f"{shown(name)} has too long a name, or lies too deep. Give it a shorter one, then hand it in again."
        )
    if any(NOT_IN_NAMES.search(part) or part != part.strip() for part in parts):
        raise PictureRefused(
            f"{shown(name)} has characters that names of files do not have everywhere. Rename it, then hand it in again."
        )
    return parts


def shown(name: str) -> str:
    """A name of somebody's file as a sentence has it: short, and nothing but what can be printed."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"'{kept}'" if len(kept) <= SHOWN else f"'{kept[:SHOWN]}…'"


def _is_clutter(parts: Sequence[str]) -> bool:
    """What systems put beside pictures, which nobody means to hand in."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1].lower() in (
        "thumbs.db",
        "desktop.ini",
    )


def _refuse_too_much(pictures: Sequence[OfferedFile], bounds: UploadBounds) -> None:
    if not pictures:
        raise PictureRefused(NO_PICTURES)
    if len(pictures) > bounds.pictures:
        raise PictureRefused(
            f"There are {len(pictures):,} pictures in this upload, and {bounds.pictures:,} are taken at most. Leave some out."
        )
    if (size := sum(file.size for file in pictures)) > bounds.unpacked:
        raise PictureRefused(
            f"Its pictures would take {size / MEGABYTE:,.0f} MB unpacked, and {bounds.unpacked / MEGABYTE:,.0f} MB are taken at "
            "most. Leave some out, or make them smaller."
        )


def _refuse_without_classes(pictures: Sequence[OfferedFile]) -> None:
    folders = {file.path.split("/")[0] for file in pictures}
    if not folders:
        raise PictureRefused(NO_CLASSES)
    if len(folders) == 1 and not folders & {*SPLITS}:
        raise PictureRefused(
            f"All pictures of this upload are in one class, {shown(folders.pop())}, and a network needs two or more to tell apart. "
            "Put the pictures of each class into a folder of their own."
        )


def _unwrapped(pictures: Sequence[OfferedFile]) -> tuple[OfferedFile, ...]:
    """Without the folders around all class folders, and without a `train` that has no test beside it: a split is made then."""
    paths = [file.path.split("/") for file in pictures]
    while len({path[0] for path in paths}) == 1 and all(len(path) > 2 for path in paths):
        paths = [path[1:] for path in paths]
    return tuple(
        OfferedFile("/".join(path), file.size, file.open) for path, file in zip(paths, pictures, strict=True)
    )
