"""Pictures that browsers uploaded and kept: folders of pictures in the data folder, each with a card that says whose it is.

A folder is named by what somebody called it and by its content. Whoever uploaded the same under the same name keeps the same folder;
it goes when the last of them has deleted it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kdcore.atomic_files import write_atomically
from kdcore.data.offers_folder import APART, folder_name, forget_offers, withdraw_folder
from kdcore.data.picture_survey import COLOUR_FILE
from kdcore.data.upload_bounds import GIGABYTE, UploadBounds
from kdcore.errors import DataUnavailable, OutOfResources, PictureRefused
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.data.offered_pictures import OfferedPictures

Colour = Literal["as they are", "grey", "colour"]
AS_THEY_ARE: Colour = "as they are"
LONGEST_TITLE = 60
KEEP_DELETED = 7 * 24 * 3600.0
"""For so many seconds a deletion can be undone."""
UNUSED_SECONDS = 30 * 24 * 3600.0
NOT_YOURS = N_("These pictures belong to another browser: only it can change them.")
NOT_SHARED = N_(
    "These pictures belong to another browser, which has not shared them. Ask for them to be shared, or upload your own."
)
GONE = N_("This upload has waited for too long and is gone. Hand it in again.")


class Keeper(BaseModel):
    """What a browser has of an upload: what it calls it, whether all may train on it, and when it deleted it."""

    model_config = ConfigDict(frozen=True)

    title: str
    shared: bool = False
    deleted: float | None = None


class UploadCard(BaseModel):
    """An upload that is kept.

    Attributes:
        name: of the dataset.
        keepers: by the digests of those who uploaded it.
        bytes: of its pictures.
        created: in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    keepers: Mapping[str, Keeper] = Field(default={})
    bytes: int = 0
    created: float = 0.0

    @property
    def title(self) -> str:
        """What it is called: by whoever has it, the first of them first."""
        titles = [keeper.title for keeper in self.keepers.values() if keeper.deleted is None]
        return titles[0] if titles else self.name

    @property
    def deleted(self) -> bool:
        """Whether all who uploaded it have deleted it."""
        return all(keeper.deleted is not None for keeper in self.keepers.values())

    def open_to(self, owner: str) -> bool:
        """Whether an owner, a digest, may train on it."""
        own = self.keepers.get(owner)
        there = [keeper for keeper in self.keepers.values() if keeper.deleted is None]
        return (own is not None and own.deleted is None) or any(keeper.shared for keeper in there)


# ---- finding --------------------------------------------------------------------------------------------------------


def card(data_folder: Path, name: str) -> UploadCard | None:
    """The card of a dataset; None for one that nobody uploaded."""
    try:
        return UploadCard.model_validate_json(_card_file(data_folder, name).read_bytes())
    except (OSError, ValidationError):
        return None


def cards(data_folder: Path) -> list[UploadCard]:
    """All uploads that are kept, deleted ones too, the newest first."""
    names = [path.stem for path in (data_folder / APART).glob("*.json")]
    found = [one for name in names if (one := card(data_folder, name)) is not None]
    return sorted(found, key=lambda one: (-one.created, one.name))


def refuse_others(data_folder: Path, name: str, owner: str) -> None:
    """Refuse to train on what another browser uploaded and has not shared, or on what is deleted. owner: a digest.

    Raises:
        DataUnavailable: it is such a dataset.
    """
    found = card(data_folder, name)
    if found is not None and not found.open_to(owner):
        raise DataUnavailable(
            deleted_sentence(found) if found.deleted or owner in found.keepers else NOT_SHARED
        )


def deleted_sentence(found: UploadCard) -> str:
    """What is said of pictures that are deleted, and can be brought back."""
    return N_(
        f"The pictures '{found.name}' were deleted. Whoever uploaded them can bring them back for seven days: Your own pictures, on Train."
    )


# ---- keeping --------------------------------------------------------------------------------------------------------


def keep(
    offered: OfferedPictures, owner: str, *, title: str, colour: Colour = AS_THEY_ARE, bounds: UploadBounds
) -> UploadCard:
    """Make an upload a dataset of an owner's, a digest.

    Raises:
        PictureRefused: it has no title, is gone, or the owner keeps as many as may be kept.
        OutOfResources: all uploads together would take too much, or it cannot be written.
    """
    title = " ".join(title.split())[:LONGEST_TITLE]
    if not title:
        raise PictureRefused(N_("These pictures have no name yet. Give them one."))
    if not offered.root.is_dir():
        raise PictureRefused(GONE)
    data_folder = offered.root.parents[3]
    _refuse_full(data_folder, owner, offered.bytes, bounds)
    try:
        if colour != AS_THEY_ARE:
            (offered.root / COLOUR_FILE).write_text(f"{colour}\n", encoding="utf-8")
        name = f"{folder_name(title)}-{_content_hash(offered)}"
        known = card(data_folder, name)
        if not (data_folder / name).exists():
            os.rename(offered.root, data_folder / name)
        withdraw_folder(offered.root.parent)
        keepers = {**(known.keepers if known else {}), owner: Keeper(title=title)}
        created = known.created if known else time.time()
        found = UploadCard(name=name, keepers=keepers, bytes=offered.bytes, created=created)
        _write_card(data_folder, found)
    except OSError as error:
        raise OutOfResources(
            f"The pictures could not be kept ({error.strerror}). Have whoever started the server make room.",
            where=data_folder,
        ) from error
    return found


def _refuse_full(data_folder: Path, owner: str, size: int, bounds: UploadBounds) -> None:
    there = cards(data_folder)
    own = [one for one in there if owner in one.keepers and one.keepers[owner].deleted is None]
    if len(own) >= bounds.sets:
        raise PictureRefused(
            f"You keep {len(own)} uploads of pictures, the most that one browser may have here. Delete one of them first."
        )
    if sum(one.bytes for one in there) + size > bounds.kept:
        raise OutOfResources(
            f"All uploads together may take {bounds.kept / GIGABYTE:g} GB here, and this one would be too much. Delete what you do "
            "not need, or ask whoever started the server."
        )


def _content_hash(offered: OfferedPictures) -> str:
    """Names these files, and how they are read."""
    digest = hashlib.sha256()
    for path in sorted(path for path in offered.root.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(offered.root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


# ---- changing -------------------------------------------------------------------------------------------------------


def share(data_folder: Path, name: str, owner: str, on: bool) -> None:
    """Let everybody train on an upload of an owner's, or nobody else.

    Raises:
        PictureRefused: it is another's.
    """
    _change(data_folder, name, owner, shared=on)


def delete(data_folder: Path, name: str, owner: str) -> None:
    """Delete an owner's upload; `restore` brings it back for some days.

    Raises:
        PictureRefused: it is another's.
    """
    _change(data_folder, name, owner, deleted=time.time())


def restore(data_folder: Path, name: str, owner: str) -> None:
    """Bring an owner's upload back.

    Raises:
        PictureRefused: it is another's, or gone for good.
    """
    if card(data_folder, name) is None:
        raise PictureRefused(N_("These pictures are gone for good. Hand them in again."))
    _change(data_folder, name, owner, deleted=None)


def _change(data_folder: Path, name: str, owner: str, **changes: object) -> None:
    found = card(data_folder, name)
    if found is None or owner not in found.keepers:
        raise PictureRefused(NOT_YOURS)
    changed = found.keepers[owner].model_copy(update=changes)
    _write_card(data_folder, found.model_copy(update={"keepers": {**found.keepers, owner: changed}}))


def to_purge(data_folder: Path, used: Collection[str], *, older: float = KEEP_DELETED) -> list[UploadCard]:
    """What is removed for good: what was deleted so many seconds ago, and what is unused for a month and no run names.

    used: the datasets that runs name.
    """
    now = time.time()
    return [
        found
        for found in cards(data_folder)
        if (found.deleted and now - max(k.deleted or 0.0 for k in found.keepers.values()) >= older)
        or (found.name not in used and now - _last_changed(data_folder, found.name) > UNUSED_SECONDS)
    ]


def purge(data_folder: Path, found: Collection[UploadCard]) -> int:
    """Remove uploads for good, and what nobody took; returns the bytes that are free."""
    for one in found:
        withdraw_folder(data_folder / one.name)
        _card_file(data_folder, one.name).unlink(missing_ok=True)
    forget_offers(data_folder)
    return sum(one.bytes for one in found)


def _last_changed(data_folder: Path, name: str) -> float:
    return _card_file(data_folder, name).stat().st_mtime


def _card_file(data_folder: Path, name: str) -> Path:
    return data_folder / APART / f"{Path(name).name}.json"


def _write_card(data_folder: Path, found: UploadCard) -> None:
    write_atomically(_card_file(data_folder, found.name), found.model_dump_json())
