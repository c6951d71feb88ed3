"""What a browser may upload, how its zip or folder is looked at, and what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from dashboard.data import class_seat, dataset_choices, own_pictures
from dashboard.session import ANONYMOUS
from kdcore.classroom.locks import ClassBounds
from kdcore.errors import ClassRefused, OutOfResources, PictureRefused, StillroomError
from tests.dashboard.conftest import BROWSER
from tests.kdcore.data.zips import pets, zipped

OTHER = "b" * 32


class Uploaded:
    """A file as the page has it from a browser."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.file_id, self.size, self._content = (
            name,
            f"{name}-{hash(content)}",
            len(content),
            content,
        )

    def getvalue(self) -> bytes:
        return self._content


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(own_pictures, "browser_id", lambda: BROWSER)
    dataset_choices.forget()
    return tmp_path


def in_class(monkeypatch: pytest.MonkeyPatch, **bounds: Any) -> None:
    seat = SimpleNamespace(classroom=SimpleNamespace(bounds=ClassBounds(**bounds)))
    monkeypatch.setattr(class_seat, "seat_of", lambda browser: seat)


def looked_at(files: Sequence[Uploaded]) -> own_pictures.Waiting:
    return own_pictures.look_at(files, lambda *how: None)


def test_a_zip_and_a_folder_of_the_same_pictures_are_looked_at_alike() -> None:
    from_zip = looked_at([Uploaded("my pets.zip", zipped(pets(10, "pets/")))])
    folder = [Uploaded(name, content) for name, content in pets(10, "pets/").items()]
    from_folder = looked_at(folder)
    assert from_zip.offered is not None
    assert from_folder.offered is not None
    assert from_zip.offered.counts() == from_folder.offered.counts() == [("cat", 8, 2), ("dog", 8, 2)]
    assert (from_zip.offered.root.name, from_folder.offered.root.name) == ("my-pets", "pets")
    assert not from_zip.offered.root.exists(), "what was looked at before is forgotten"
    assert looked_at(folder) is from_folder, "a redrawn page does not read it again"


def sorted_by_hand(count: int = 10) -> list[tuple[str, list[Uploaded]]]:
    """Pets as somebody chooses them: every class has files of the same names."""
    files = pets(count).items()
    return [
        (animal, [Uploaded(name.split("/")[1], content) for name, content in files if animal in name])
        for animal in ("cat", "dog")
    ]


def looked_at_sorted(classes: own_pictures.SortedUploads) -> own_pictures.Waiting:
    return own_pictures.look_at_sorted(classes, lambda *how: None)


def test_pictures_sorted_on_the_page_are_looked_at_as_a_zip_of_them_is() -> None:
    from_zip = looked_at([Uploaded("cat dog.zip", zipped(pets(10)))])
    assert from_zip.offered is not None
    expected = [from_zip.offered.counts(), from_zip.offered.notes, from_zip.offered.bytes]
    classes = sorted_by_hand()
    assert not own_pictures.was_looked_at(classes)
    by_hand = looked_at_sorted(classes)
    assert by_hand.offered is not None
    assert [by_hand.offered.counts(), by_hand.offered.notes, by_hand.offered.bytes] == expected
    assert by_hand.offered.root.name == "cat-dog"
    assert own_pictures.was_looked_at(classes)
    assert not own_pictures.was_looked_at([("cats", classes[0][1]), classes[1]]), "a class was renamed"
    assert not own_pictures.was_looked_at([("cat", classes[1][1]), ("dog", classes[0][1])])
    from_zip = looked_at([Uploaded("cat dog.zip", zipped(pets(10)))])
    name = own_pictures.keep("Pets", "as they are").name
    looked_at_sorted(classes)
    assert own_pictures.keep("Pets", "as they are").name == name, "the same dataset, however it came"


def test_a_folder_is_bounded_as_a_zip_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_UPLOADS", "1")
    found = looked_at(
        [Uploaded("pets/cat/1.png", bytes(600_000)), Uploaded("pets/dog/1.png", bytes(600_000))]
    )
    assert isinstance(found.refused, PictureRefused)
    assert "more than 1 MB together" in str(found.refused)
    heavy = [Uploaded("1.png", bytes(600_000))]
    found = looked_at_sorted([("cat", heavy), ("dog", heavy)])
    assert "more than 1 MB together" in str(found.refused)


def test_a_class_bounds_its_students_uploads_and_may_take_none(monkeypatch: pytest.MonkeyPatch) -> None:
    in_class(monkeypatch, pictures=19)
    found = looked_at([Uploaded("pets.zip", zipped(pets(10)))])
    assert "There are 20 pictures in this upload, and 19 are taken at most." in str(found.refused)
    assert str(looked_at_sorted(sorted_by_hand()).refused) == str(found.refused)
    in_class(monkeypatch, pictures=0)
    with pytest.raises(ClassRefused, match="no pictures of one's own"):
        own_pictures.bounds()
    in_class(monkeypatch)
    assert own_pictures.bounds().pictures == 5_000
    monkeypatch.setenv("STILLROOM_PICTURES", "7")
    assert own_pictures.bounds().pictures == 7
    in_class(monkeypatch, pictures=100)
    assert own_pictures.bounds().pictures == 7, "a class asks for less, never for more"


def test_a_full_disk_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_FREE", "1e9")
    assert isinstance(looked_at([Uploaded("pets.zip", zipped(pets(10)))]).refused, OutOfResources)


def test_pickers_offer_others_uploads_only_where_they_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at([Uploaded("pets.zip", zipped(pets(10)))])
    name = own_pictures.keep("My pets", "as they are").name
    dataset_choices.forget()
    assert name in dataset_choices.dataset_names("digits")
    assert dataset_choices.dataset_title(name) == "My pets · 15 images"
    monkeypatch.setattr(own_pictures, "browser_id", lambda: OTHER)
    assert name not in dataset_choices.dataset_names("digits")
    assert "has not shared them" in dataset_choices.dataset_missing(name)
    with pytest.raises(PictureRefused, match="only it can change them"):
        own_pictures.delete(name)
    monkeypatch.setattr(own_pictures, "browser_id", lambda: BROWSER)
    own_pictures.share(name, True)
    monkeypatch.setattr(own_pictures, "browser_id", lambda: OTHER)
    assert name in dataset_choices.dataset_names("digits")
    assert dataset_choices.dataset_missing(name) == ""


def test_what_is_deleted_is_still_listed_as_ones_own_and_comes_back() -> None:
    looked_at([Uploaded("pets.zip", zipped(pets(10)))])
    name = own_pictures.keep("My pets", "grey").name
    own_pictures.delete(name)
    [card] = own_pictures.own()
    assert card.deleted
    own_pictures.restore(name)
    [card] = own_pictures.own()
    assert not card.deleted


def test_who_could_not_be_known_again_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at([Uploaded("pets.zip", zipped(pets(10)))])
    monkeypatch.setattr(own_pictures, "browser_id", lambda: f"{ANONYMOUS}x")
    with pytest.raises(StillroomError, match="Allow cookies"):
        own_pictures.keep("My pets", "as they are")


def test_the_twelve_pictures_are_shown_as_the_networks_will_see_them() -> None:
    found = looked_at([Uploaded("pets.zip", zipped(pets(10)))])
    assert found.offered is not None
    shown = own_pictures.thumbnails(found.offered, 8, "grey")
    assert [name for name, _ in shown] == ["cat"] * 6 + ["dog"] * 6
    assert all(url.startswith("data:image/png;base64,") for _, url in shown)
