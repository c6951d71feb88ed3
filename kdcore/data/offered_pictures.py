"""Pictures that somebody hands in, laid out apart so that they can be looked at before they count.

Each is measured by its header first; then all are written, decoded once, and those that cannot be read are taken out again.
"""

from __future__ import annotations

import secrets
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from kdcore.data import image_folder, picture_survey
from kdcore.data.offered_files import OfferedFile, OfferedFiles, shown
from kdcore.data.offers_folder import APART, OFFERED, folder_name, withdraw_folder
from kdcore.data.picture_survey import PictureFile, Survey
from kdcore.data.raw_images import Progress
from kdcore.data.upload_bounds import MEGAPIXEL, UploadBounds
from kdcore.errors import DataUnavailable, OutOfResources, PictureRefused
from kdcore.texts import N_

TWELVE = 12
CHUNK = 1 << 20
TOO_LONG = N_("is longer than its archive says")
DAMAGE = (*image_folder.DAMAGE, zlib.error, EOFError)

Size = tuple[int, int]


@dataclass(frozen=True)
class OfferedPictures:
    """An upload as it would be read.

    Attributes:
        root: its folder, apart from the datasets.
        survey: its classes, and which pictures train and test.
        smallest, largest: width and height of a picture in pixels, by area.
        grey: how many pictures have no colour.
        bytes: of all pictures.
        left_out: how many files are no pictures, by their ending.
        unreadable: pictures that were taken out, each with the reason, in sentences.
    """

    root: Path
    survey: Survey
    smallest: Size
    largest: Size
    grey: int
    bytes: int
    left_out: Mapping[str, int]
    unreadable: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out and how it was split, in sentences."""
        counts = Counter(self.survey.left_out)
        counts.update(self.left_out)
        left_out = picture_survey.left_out_sentence(counts)
        return (*self.survey.notes, *([left_out] if left_out else []))

    def counts(self) -> list[tuple[str, int, int]]:
        """Each class with its pictures to train on and to test."""
        train = Counter(picture.label for picture in self.survey.train)
        test = Counter(picture.label for picture in self.survey.test)
        return [(name, train[label], test[label]) for label, name in enumerate(self.survey.classes)]

    def twelve(self) -> list[tuple[str, Path]]:
        """Twelve pictures, of each class in turn, with the names of their classes."""
        by_class: dict[int, list[PictureFile]] = {}
        for picture in self.survey.train:
            by_class.setdefault(picture.label, []).append(picture)
        turns = max(map(len, by_class.values()))
        taken = [
            by_class[c][turn] for turn in range(turns) for c in sorted(by_class) if turn < len(by_class[c])
        ]
        first = sorted(taken[:TWELVE], key=lambda picture: picture.label)
        return [(self.survey.classes[label], self.root / path) for path, label in first]


def offer(
    files: OfferedFiles, title: str, data_folder: Path, bounds: UploadBounds, progress: Progress | None = None
) -> OfferedPictures:
    """Lay an upload out apart; it counts once `uploaded_pictures.keep` takes it.

    Args:
        files: its pictures, whose names are safe.
        title: what somebody calls it; sentences about it say this.
        data_folder: where it is laid out.
        bounds: for its pixels.
        progress: called with "images", how many are read, and how many there are.

    Raises:
        PictureRefused: a picture or all of them have too many pixels by their headers, or none can be read.
        DataUnavailable: no classes, one alone, or what else `picture_survey.survey` refuses.
        OutOfResources: it cannot be written.
    """
    readable, unreadable = _measured(files.pictures, bounds)
    if not readable:
        raise PictureRefused(f"None of its {len(files.pictures):,} pictures can be read. {unreadable[0]}")
    around = data_folder / APART / OFFERED / secrets.token_hex(8)
    root = around / folder_name(title)
    try:
        return _laid_out(root, readable, unreadable, files.left_out, progress)
    except OSError as error:
        withdraw_folder(around)
        raise OutOfResources(
            f"The pictures could not be written ({error.strerror}). Have whoever started the server make room.",
            where=root,
        ) from error
    except BaseException:
        withdraw_folder(around)
        raise


def withdraw(offered: OfferedPictures) -> None:
    """Remove an upload that nobody took."""
    withdraw_folder(offered.root.parent)


# ---- headers, before anything is written ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measured:
    file: OfferedFile
    size: Size
    grey: bool


def _measured(files: Sequence[OfferedFile], bounds: UploadBounds) -> tuple[list[_Measured], list[str]]:
    readable, unreadable, pixels = [], [], 0
    for file in files:
        try:
            found = _header(file)
        except DAMAGE as error:
            unreadable.append(_unreadable(file.path, error))
            continue
        area = found.size[0] * found.size[1]
        pixels += area
        if area > bounds.pixels:
            raise _too_many_pixels(file.path, bounds)
        if pixels > bounds.pixels_in_all:
            raise PictureRefused(
                f"Its pictures have more than {bounds.pixels_in_all / MEGAPIXEL:,.0f} megapixels together. Make them smaller, "
                "or leave some out."
            )
        readable.append(found)
    return readable, unreadable


def _header(file: OfferedFile) -> _Measured:
    try:
        with file.open() as content, Image.open(content, formats=image_folder.KINDS) as image:
            return _Measured(file, image.size, image.mode in image_folder.GREY)
    except Image.DecompressionBombError as error:
        raise PictureRefused(f"{shown(file.path)} has far too many pixels for a picture.") from error
    except Exception as error:
        if isinstance(error, DAMAGE):
            raise
        raise OSError(str(error)) from error  # whatever a reader of pictures trips over is a damaged picture


def _too_many_pixels(path: str, bounds: UploadBounds) -> PictureRefused:
    return PictureRefused(
        f"{shown(path)} has more than {bounds.pixels / MEGAPIXEL:g} megapixels by its header. Make it smaller, then hand it in again."
    )


def _unreadable(path: str, error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return N_(f"{shown(path)} is not a picture ({', '.join(image_folder.KINDS)}).")
    return N_(f"{shown(path)} is damaged.")


# ---- files ----------------------------------------------------------------------------------------------------------


def _laid_out(
    root: Path,
    readable: Sequence[_Measured],
    unreadable: Sequence[str],
    left_out: Mapping[str, int],
    progress: Progress | None,
) -> OfferedPictures:
    kept: list[_Measured] = []
    gone = [*unreadable]
    for done, found in enumerate(readable, start=1):
        try:
            _write(found.file, root / found.file.path)
            image_folder.decode_picture(root / found.file.path, 3, 32)
        except (DataUnavailable, ValueError) as error:
            (root / found.file.path).unlink(missing_ok=True)
            gone.append(_unreadable(found.file.path, error))
        else:
            kept.append(found)
        if progress:
            progress("images", done, len(readable))
    if not kept:
        raise PictureRefused(f"None of its {len(gone):,} pictures can be read. {gone[0]}")
    survey = picture_survey.survey(root)
    used = {path for path, _ in survey.train + survey.test}
    sizes = sorted(
        (found.size for found in kept if found.file.path in used), key=lambda size: size[0] * size[1]
    )
    grey = sum(found.grey for found in kept if found.file.path in used)
    size = sum(found.file.size for found in kept)
    return OfferedPictures(root, survey, sizes[0], sizes[-1], grey, size, dict(left_out), tuple(gone))


def _write(file: OfferedFile, path: Path) -> None:
    """Raises ValueError where it is longer than it said, or its checksum is another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = file.size
    with file.open() as content, path.open("xb") as out:
        while chunk := _read(content):
            left -= len(chunk)
            if left < 0:
                raise ValueError(TOO_LONG)
            out.write(chunk)


def _read(content: IO[bytes]) -> bytes:
    try:
        return content.read(CHUNK)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(str(error)) from error
