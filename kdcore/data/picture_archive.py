"""A zip of pictures that somebody hands in: every bound is checked from its directory, before anything in it is unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from kdcore.data.offered_files import OfferedFile, OfferedFiles, offered_files, shown
from kdcore.data.upload_bounds import MEGABYTE, RATIO, UploadBounds
from kdcore.errors import PictureRefused
from kdcore.texts import N_

ENTRY = b"PK\x01\x02"
"""Begins each line of a zip's directory."""
BESIDE_PICTURES = 1_000
"""Folders and other files that a zip may list beside as many again as there may be pictures."""
ENCRYPTED = 1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SMALL = 10 * MEGABYTE
"""Bytes unpacked below which no archive is a bomb, however well it is packed."""
NOT_A_ZIP = N_(
    "This file is not a zip, or is damaged or cut short. Pack the folders of pictures as a zip, then hand it in."
)
LOCKED = N_("This zip is encrypted. Pack the folders of pictures without a password, then hand it in.")
BOMB = N_(
    "This zip unpacks into more than {ratio} times its size, which pictures do not. Pack the folders of pictures alone."
)


def archive_files(content: bytes, bounds: UploadBounds) -> OfferedFiles:
    """The pictures that a zip lists; none is unpacked.

    Raises:
        PictureRefused: no zip, too large packed or unpacked, encrypted, a bomb, a link, another archive in it, or names that climb.
    """
    if len(content) > bounds.packed:
        raise PictureRefused(
            f"This zip has {len(content) / MEGABYTE:,.0f} MB, and {bounds.packed / MEGABYTE:,.0f} MB are taken at most. Leave "
            "some pictures out, or make them smaller."
        )
    # Asked before the directory is read: a list of a million names would take more memory than the pictures.
    if (listed := content.count(ENTRY)) > 2 * bounds.pictures + BESIDE_PICTURES:
        raise PictureRefused(
            f"This zip lists {listed:,} files, and {bounds.pictures:,} pictures are taken at most. Leave some out."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise PictureRefused(NOT_A_ZIP) from error
    _refuse_bomb(archive, len(content))
    return offered_files(_entries(archive), bounds)


def _refuse_bomb(archive: zipfile.ZipFile, packed: int) -> None:
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > max(SMALL, RATIO * packed):
        raise PictureRefused(BOMB.format(ratio=RATIO))


def _entries(archive: zipfile.ZipFile) -> Iterator[OfferedFile]:
    for entry in archive.infolist():
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise PictureRefused(
                f"{shown(entry.filename)} is a link, which leads out of this zip. Pack the pictures themselves."
            )
        if entry.is_dir():
            continue
        if entry.flag_bits & ENCRYPTED:
            raise PictureRefused(LOCKED)
        if entry.compress_type not in METHODS:
            raise PictureRefused(
                f"{shown(entry.filename)} is packed in a way that is not read here. Pack the folders as a plain zip."
            )
        yield OfferedFile(entry.filename, entry.file_size, partial(_opened, archive, entry))


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """Raises OSError where what the directory says of the file is not so."""
    try:
        return archive.open(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise OSError("its entry is damaged") from error
