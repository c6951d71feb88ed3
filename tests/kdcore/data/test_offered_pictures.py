"""An upload as it is looked at before it counts: classes, sizes, the split, and what was left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kdcore.data.offered_pictures import OfferedPictures, offer
from kdcore.data.offers_folder import FORGOTTEN_SECONDS, folder_name, forget_offers
from kdcore.data.picture_archive import archive_files
from kdcore.data.upload_bounds import UploadBounds
from kdcore.errors import OutOfResources
from tests.kdcore.data.zips import pets, png, zipped

BOUNDS = UploadBounds()


def offered(files: dict[str, bytes], folder: Path, title: str = "My pets") -> OfferedPictures:
    return offer(archive_files(zipped(files), BOUNDS), title, folder, BOUNDS)


def test_the_split_is_made_by_its_share_of_each_class_and_said(tmp_path: Path) -> None:
    first = offered(pets(20, "pets/"), tmp_path)
    assert first.counts() == [("cat", 16, 4), ("dog", 16, 4)]
    assert first.notes == (
        "It has no split: 8 of 40 pictures, of each class by its share, are kept for the test.",
    )
    assert first.survey.test == offered(pets(20, "pets/"), tmp_path).survey.test, (
        "the same pictures each time"
    )


def test_a_split_that_comes_along_is_kept(tmp_path: Path) -> None:
    found = offered(pets(6, "pets/train/") | pets(2, "pets/test/"), tmp_path)
    assert found.counts() == [("cat", 6, 2), ("dog", 6, 2)]
    assert found.notes == ()


def test_a_train_folder_alone_is_split(tmp_path: Path) -> None:
    assert offered(pets(10, "train/"), tmp_path).counts() == [("cat", 8, 2), ("dog", 8, 2)]


def test_what_is_left_out_is_counted_with_the_reason(tmp_path: Path) -> None:
    more = {
        "pets/cat/notes.txt": b"mine",
        "pets/README.md": b"read me",
        "pets/cat/.DS_Store": b"clutter",
        "__MACOSX/pets/cat/._000.png": b"clutter",
        "pets/cat/empty.jpg": b"",
        "pets/dog/torn.png": png(side=40)[:60],
        "pets/cat/web.jpg": png(side=9, kind="WEBP"),
        "pets/dog/grey.png": png(100, "L"),
    }
    found = offered(pets(20, "pets/") | more, tmp_path)
    assert [train + test for _, train, test in found.counts()] == [21, 21]
    assert found.notes[-1] == "Left out: 1 .md, 1 .txt."
    assert sorted(found.unreadable) == [
        "'cat/empty.jpg' is not a picture (PNG, JPEG, WEBP, GIF, BMP, TIFF, PPM).",
        "'dog/torn.png' is damaged.",
    ]
    assert (found.smallest, found.largest, found.grey) == ((8, 8), (16, 16), 1)


def test_twelve_pictures_are_of_each_class_in_turn(tmp_path: Path) -> None:
    pictures = offered(pets(20) | {f"hen/{n}.png": png((0, 200, 0)) for n in range(3)}, tmp_path).twelve()
    assert [name for name, _ in pictures].count("hen") == 3
    assert len(pictures) == 12
    assert all(path.is_file() for _, path in pictures)


def test_pictures_outside_of_class_folders_are_counted(tmp_path: Path) -> None:
    assert (
        offered(pets(5) | {"cover.png": png()}, tmp_path).notes[-1] == "Left out: 1 beside the class folders."
    )


def test_a_title_becomes_a_folder_that_says_it(tmp_path: Path) -> None:
    assert folder_name("My Käse & 3 dogs!") == "my-kase-3-dogs"
    assert folder_name("../..") == "pictures"
    assert folder_name("猫") == "pictures"
    assert len(folder_name("x" * 300)) == 40


def test_what_nobody_took_is_forgotten_after_an_hour(tmp_path: Path) -> None:
    old, new = offered(pets(3), tmp_path), offered(pets(3), tmp_path)
    moment = old.root.parent.stat().st_mtime
    os.utime(old.root.parent, (moment - FORGOTTEN_SECONDS - 1,) * 2)
    forget_offers(tmp_path, now=moment)
    assert not old.root.exists()
    assert new.root.exists()


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    offer(archive_files(zipped(pets(3)), BOUNDS), "Pets", tmp_path, BOUNDS, lambda *how: told.append(how))
    assert told[-1] == ("images", 6, 6)


def test_an_upload_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".uploaded").write_text("in the way")
    with pytest.raises(OutOfResources, match="could not be written"):
        offered(pets(3), tmp_path)
