"""The pictures that this browser uploads: what waits to be looked at, and what it keeps."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

import streamlit as st

from dashboard.data import class_seat
from dashboard.session import Key, browser_id, is_anonymous
from kdcore.data import catalogue, image_folder, uploaded_pictures
from kdcore.data.image_urls import png_url
from kdcore.data.offered_files import OfferedFile, OfferedFiles, offered_files
from kdcore.data.offered_pictures import OfferedPictures, offer, withdraw
from kdcore.data.picture_archive import archive_files
from kdcore.data.raw_images import Progress
from kdcore.data.sorted_pictures import SortedClass, sorted_files
from kdcore.data.upload_bounds import UploadBounds
from kdcore.data.uploaded_pictures import Colour, UploadCard
from kdcore.errors import ClassRefused, PictureRefused
from kdcore.runs import free_space
from kdcore.runs.admission import NOBODY
from kdcore.runs.run_record import digest
from kdcore.texts import N_

NO_UPLOADS = N_("In this class no pictures of one's own are uploaded. Ask your lecturer.")

SortedUploads = Sequence[tuple[str, Sequence[Any]]]
"""Classes as they were named, each with the files that were chosen for it."""


@dataclass(frozen=True)
class Waiting:
    """An upload that was looked at: which files it came from, what it holds, or why it is refused."""

    files: tuple[str, ...]
    offered: OfferedPictures | None
    refused: Exception | None = None


def bounds() -> UploadBounds:
    """What this browser may upload: as the server's owner says, and its class.

    Raises:
        ClassRefused: its class takes no uploads.
        OutOfResources: a setting of the server is not understood.
    """
    seat = class_seat.seat_of(browser_id())
    asked = seat.classroom.bounds.pictures if seat else None
    if asked == 0:
        raise ClassRefused(NO_UPLOADS)
    return UploadBounds.from_environment().within(asked)


def waiting() -> Waiting | None:
    """The upload of this tab that was looked at last."""
    found: Waiting | None = st.session_state.get(Key.PICTURES_OFFERED)
    return found


def look_at(files: Sequence[Any], progress: Progress) -> Waiting:
    """Check an upload and lay it out apart: a zip, or the files of a folder. What was looked at before is forgotten."""
    return _looked_at(tuple(file.file_id for file in files), partial(_files, files), progress)


def look_at_sorted(classes: SortedUploads, progress: Progress) -> Waiting:
    """The same of single pictures, which somebody sorted into classes."""
    return _looked_at(_identity(classes), partial(_sorted, classes), progress)


def was_looked_at(classes: SortedUploads) -> bool:
    """Whether it is these pictures, sorted in this way, that were looked at last."""
    known = waiting()
    return known is not None and known.files == _identity(classes)


def _looked_at(
    files: tuple[str, ...], read: Callable[[UploadBounds], tuple[str, OfferedFiles]], progress: Progress
) -> Waiting:
    if (known := waiting()) is not None and known.files == files:
        return known
    forget_waiting()
    try:
        allowed = bounds()
        _refuse_full_disk()
        title, offered = read(allowed)
        found = Waiting(files, offer(offered, title, catalogue.data_folder(), allowed, progress))
    except Exception as error:  # kept, so that a redrawn dialog does not read it all again
        found = Waiting(files, None, error)
    st.session_state[Key.PICTURES_OFFERED] = found
    return found


def _identity(classes: SortedUploads) -> tuple[str, ...]:
    return tuple(word for name, files in classes for word in (f"{name}/", *(file.file_id for file in files)))


def forget_waiting() -> None:
    """Nothing waits any more."""
    found = st.session_state.pop(Key.PICTURES_OFFERED, None)
    if found is not None and found.offered is not None:
        withdraw(found.offered)


def _refuse_full_disk() -> None:
    folder = catalogue.data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    free_space.refuse_low_space(folder, free_space.floor())


def _files(files: Sequence[Any], allowed: UploadBounds) -> tuple[str, OfferedFiles]:
    """What the upload is called, and its files."""
    if len(files) == 1 and "/" not in files[0].name:
        return PurePosixPath(files[0].name).stem, archive_files(files[0].getvalue(), allowed)
    _refuse_heavy(files, allowed)
    return files[0].name.split("/")[0], offered_files([*map(_loose, files)], allowed)


def _sorted(classes: SortedUploads, allowed: UploadBounds) -> tuple[str, OfferedFiles]:
    """The same of pictures that were sorted: they are called as their classes are."""
    _refuse_heavy([file for _, files in classes for file in files], allowed)
    named = [SortedClass(name, tuple(map(_loose, files))) for name, files in classes]
    return " ".join(name for name, _ in classes), sorted_files(named, allowed)


def _refuse_heavy(files: Sequence[Any], allowed: UploadBounds) -> None:
    if sum(file.size for file in files) > allowed.packed:
        raise PictureRefused(
            f"These pictures have more than {allowed.packed >> 20} MB together, which is the most that is taken. Leave some out."
        )


def _loose(file: Any) -> OfferedFile:
    return OfferedFile(file.name, file.size, partial(_opened, file))


def _opened(file: Any) -> IO[bytes]:
    return io.BytesIO(file.getvalue())


def thumbnails(offered: OfferedPictures, side: int, colour: Colour) -> list[tuple[str, str]]:
    """Twelve pictures as a network would see them: the class's name and a data URL."""
    channels = {"grey": 1, "colour": 3}.get(colour) or image_folder.channels_of(offered.survey)
    return [
        (name, png_url(image_folder.decode_picture(path, channels, side))) for name, path in offered.twelve()
    ]


# ---- what is kept ---------------------------------------------------------------------------------------------------


def owner() -> str:
    """The digest by which this browser's uploads are known.

    Raises:
        PictureRefused: the browser has no cookie, and would be nobody in its next tab.
    """
    browser = browser_id()
    if is_anonymous(browser):
        raise PictureRefused(NOBODY)
    return digest(browser)


def keep(title: str, colour: Colour) -> UploadCard:
    """Make what waits a dataset.

    Raises:
        StillroomError: nothing waits, or it cannot be kept.
    """
    found = waiting()
    if found is None or found.offered is None:
        raise PictureRefused(uploaded_pictures.GONE)
    card = uploaded_pictures.keep(found.offered, owner(), title=title, colour=colour, bounds=bounds())
    st.session_state.pop(Key.PICTURES_OFFERED, None)
    return card


def may_train_on(name: str) -> bool:
    """Whether this browser may train on an upload."""
    card = uploaded_pictures.card(_folder(), name)
    return card is None or card.open_to(digest(browser_id()))


def own() -> list[UploadCard]:
    """What this browser uploaded, deleted ones too, the newest first."""
    mine = digest(browser_id())
    return [card for card in uploaded_pictures.cards(_folder()) if mine in card.keepers]


def share(name: str, on: bool) -> None:
    """Let everybody train on an upload of this browser's, or nobody else."""
    uploaded_pictures.share(_folder(), name, owner(), on)


def delete(name: str) -> None:
    """Delete an upload of this browser's."""
    uploaded_pictures.delete(_folder(), name, owner())


def restore(name: str) -> None:
    """Bring an upload of this browser's back."""
    uploaded_pictures.restore(_folder(), name, owner())


def _folder() -> Path:
    return catalogue.data_folder()
