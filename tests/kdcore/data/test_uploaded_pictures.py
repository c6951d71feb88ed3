"""Uploads that are kept: whose they are, who may train on them, what deleting and bringing back does, and when they go for good."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kdcore.data import catalogue, uploaded_pictures
from kdcore.data.datasets import load
from kdcore.data.offered_pictures import offer
from kdcore.data.picture_archive import archive_files
from kdcore.data.upload_bounds import UploadBounds
from kdcore.data.uploaded_pictures import UNUSED_SECONDS, Colour, UploadCard
from kdcore.errors import DataUnavailable, OutOfResources, PictureRefused
from tests.kdcore.data.zips import pets, zipped

BOUNDS = UploadBounds()
ANNA, BEN = "a" * 64, "b" * 64


def kept(folder: Path, owner: str = ANNA, title: str = "My pets", colour: Colour = "as they are", count: int = 20) -> UploadCard:  # fmt: skip
    found = offer(archive_files(zipped(pets(count)), BOUNDS), title, folder, BOUNDS)
    return uploaded_pictures.keep(found, owner, title=title, colour=colour, bounds=BOUNDS)


def listed(folder: Path) -> list[str]:
    return [entry.name for entry in catalogue.catalogue(folder) if entry.uploaded]


def test_an_upload_is_a_dataset_that_is_named_by_its_title_and_content(tmp_path: Path) -> None:
    card = kept(tmp_path)
    assert card.name.startswith("my-pets-")
    assert kept(tmp_path).name == card.name, "the same pictures, the same dataset"
    assert kept(tmp_path, count=21).name != card.name
    entry = catalogue.entry(card.name, tmp_path)
    assert (entry.title, entry.classes, entry.channels, entry.uploaded) == ("My pets", 2, 3, True)
    dataset = load(card.name, folder=tmp_path, image_size=16)
    assert (dataset.title, dataset.classes, len(dataset.test)) == ("My pets", ("cat", "dog"), 8)
    assert not [*(tmp_path / ".uploaded" / ".offered").glob("*")], "nothing is left of what was offered"


def test_grey_is_a_choice_and_another_dataset(tmp_path: Path) -> None:
    colour, grey = kept(tmp_path), kept(tmp_path, colour="grey")
    assert grey.name != colour.name
    assert load(grey.name, folder=tmp_path).shape[0] == 1
    assert load(colour.name, folder=tmp_path).shape[0] == 3


def test_pictures_are_of_the_browser_that_uploaded_them_unless_they_are_shared(tmp_path: Path) -> None:
    name = kept(tmp_path).name
    uploaded_pictures.refuse_others(tmp_path, name, ANNA)
    uploaded_pictures.refuse_others(tmp_path, "digits", BEN)
    with pytest.raises(DataUnavailable, match="has not shared them"):
        uploaded_pictures.refuse_others(tmp_path, name, BEN)
    for change in (uploaded_pictures.delete, uploaded_pictures.restore):
        with pytest.raises(PictureRefused, match="only it can change them"):
            change(tmp_path, name, BEN)
    uploaded_pictures.share(tmp_path, name, ANNA, True)
    uploaded_pictures.refuse_others(tmp_path, name, BEN)
    uploaded_pictures.share(tmp_path, name, ANNA, False)
    with pytest.raises(DataUnavailable, match="has not shared them"):
        uploaded_pictures.refuse_others(tmp_path, name, BEN)


def test_what_is_deleted_is_no_dataset_until_it_is_brought_back(tmp_path: Path) -> None:
    name = kept(tmp_path).name
    uploaded_pictures.delete(tmp_path, name, ANNA)
    assert listed(tmp_path) == []
    for refused in (
        lambda: load(name, folder=tmp_path),
        lambda: uploaded_pictures.refuse_others(tmp_path, name, ANNA),
    ):
        with pytest.raises(DataUnavailable, match="were deleted"):
            refused()
    uploaded_pictures.restore(tmp_path, name, ANNA)
    assert listed(tmp_path) == [name]
    assert len(load(name, folder=tmp_path).test) == 8


def test_the_same_upload_of_two_stays_until_both_have_deleted_it(tmp_path: Path) -> None:
    name = kept(tmp_path).name
    assert kept(tmp_path, BEN).name == name
    uploaded_pictures.delete(tmp_path, name, ANNA)
    assert listed(tmp_path) == [name]
    with pytest.raises(DataUnavailable, match="were deleted"):
        uploaded_pictures.refuse_others(tmp_path, name, ANNA)
    uploaded_pictures.delete(tmp_path, name, BEN)
    assert listed(tmp_path) == []


def test_a_browser_keeps_so_many_and_all_together_take_so_much(tmp_path: Path) -> None:
    one = kept(tmp_path)
    further = offer(archive_files(zipped(pets(3)), BOUNDS), "More", tmp_path, BOUNDS)
    with pytest.raises(PictureRefused, match="You keep 1 uploads of pictures"):
        uploaded_pictures.keep(further, ANNA, title="More", bounds=replace(BOUNDS, sets=1))
    with pytest.raises(OutOfResources, match="All uploads together"):
        uploaded_pictures.keep(further, BEN, title="More", bounds=replace(BOUNDS, kept=one.bytes))
    with pytest.raises(PictureRefused, match="have no name yet"):
        uploaded_pictures.keep(further, BEN, title="  ", bounds=BOUNDS)
    uploaded_pictures.delete(tmp_path, one.name, ANNA)
    uploaded_pictures.keep(further, ANNA, title="More", bounds=replace(BOUNDS, sets=1))
    with pytest.raises(PictureRefused, match="waited for too long"):
        uploaded_pictures.keep(further, ANNA, title="More", bounds=BOUNDS)


def test_what_was_deleted_a_week_ago_or_is_of_no_use_goes_for_good(tmp_path: Path) -> None:
    deleted, used, unused = (kept(tmp_path, title=title) for title in ("deleted", "used", "unused"))
    uploaded_pictures.delete(tmp_path, deleted.name, ANNA)
    assert uploaded_pictures.to_purge(tmp_path, {used.name}) == []
    assert [one.name for one in uploaded_pictures.to_purge(tmp_path, {used.name}, older=0)] == [deleted.name]
    for name in (used.name, unused.name):
        path = tmp_path / ".uploaded" / f"{name}.json"
        os.utime(path, (path.stat().st_mtime - UNUSED_SECONDS - 1,) * 2)
    found = uploaded_pictures.to_purge(tmp_path, {used.name}, older=0)
    assert {one.name for one in found} == {deleted.name, unused.name}
    assert uploaded_pictures.purge(tmp_path, found) == deleted.bytes + unused.bytes
    assert listed(tmp_path) == [used.name]
    with pytest.raises(PictureRefused, match="gone for good"):
        uploaded_pictures.restore(tmp_path, deleted.name, ANNA)
