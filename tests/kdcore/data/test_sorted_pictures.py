"""Pictures that somebody sorted by hand: what their classes may be called, and that they are bounded as a zip of them is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial

import pytest

from kdcore.data.offered_files import OfferedFile
from kdcore.data.picture_survey import left_out_sentence
from kdcore.data.sorted_pictures import SortedClass, sorted_files
from kdcore.data.upload_bounds import UploadBounds
from kdcore.errors import PictureRefused
from tests.kdcore.data.zips import png

BOUNDS = UploadBounds(unpacked=4 << 20, pictures=10)
RED, BLUE = png((200, 0, 0)), png((0, 0, 200))


def of(name: str, *files: tuple[str, bytes]) -> SortedClass:
    return SortedClass(name, tuple(OfferedFile(n, len(c), partial(io.BytesIO, c)) for n, c in files))


def names(*classes: SortedClass) -> list[str]:
    return [file.path for file in sorted_files(classes, BOUNDS).pictures]


def test_every_class_is_a_folder_and_files_of_one_name_are_told_apart() -> None:
    red = [("image.jpg", png((shade, 0, 0))) for shade in (100, 150, 200)]
    assert names(of(" red  things ", *red), of("", ), of("blau", ("IMAGE.JPG", BLUE))) == [
        "red things/image.jpg",
        "red things/image (2).jpg",
        "red things/image (3).jpg",
        "blau/IMAGE.JPG",
    ]  # fmt: skip


def test_a_picture_that_was_chosen_twice_counts_once_and_that_is_said() -> None:
    again = of("red", ("1.png", RED), ("2.png", RED), ("1.png", RED))
    found = sorted_files([again, of("blue", ("1.png", BLUE), ("notes.txt", b"mine"))], BOUNDS)
    assert [file.path for file in found.pictures] == ["red/1.png", "blue/1.png"]
    assert left_out_sentence(found.left_out) == "Left out: 2 chosen twice, 1 .txt."


def test_a_name_spelled_in_two_ways_is_one_class() -> None:
    with pytest.raises(PictureRefused, match="Two classes are called 'Käse'"):
        names(of("Käse", ("1.png", RED)), of("Ka\u0308se", ("1.png", BLUE)))


REFUSED: Mapping[str, tuple[list[SortedClass], str]] = {
    "nothing": ([], "needs two classes or more"),
    "one class": ([of("red", ("1.png", RED)), of("")], "needs two classes or more"),
    "no name": ([of("red", ("1.png", RED)), of(" ", ("1.png", BLUE))], "has pictures and no name"),
    "no pictures": ([of("red", ("1.png", RED)), of("blue")], "The class 'blue' has no pictures yet"),
    "alike": ([of("Red", ("1.png", RED)), of("red", ("1.png", BLUE))], "Two classes are called 'red'"),
    "climbs": ([of("..", ("1.png", RED)), of("blue", ("1.png", BLUE))], "No class can be called '..'"),
    "a folder": ([of("a/b", ("1.png", RED)), of("blue", ("1.png", BLUE))], "No class can be called 'a/b'"),
    "a folder of Windows": ([of("a\\b", ("1.png", RED)), of("blue", ("1.png", BLUE))], "called 'a\\b'"),
    "hidden": ([of(".red", ("1.png", RED)), of("blue", ("1.png", BLUE))], "No class can be called '.red'"),
    "long": ([of("r" * 61, ("1.png", RED)), of("blue", ("1.png", BLUE))], "at most 60 characters"),
    "a split": ([of("Train", ("1.png", RED)), of("test", ("1.png", BLUE))], "mean something else here"),
    "a system's": ([of("__macosx", ("1.png", RED)), of("blue", ("1.png", BLUE))], "mean something else here"),
    "a file that climbs": ([of("red", ("..", RED)), of("blue", ("1.png", BLUE))], "no pictures|climbs"),
    "an archive": ([of("red", ("1.zip", RED)), of("blue", ("1.png", BLUE))], "another archive"),
    "too many": ([of("red", *((f"{n}.png", png((n, 0, 0))) for n in range(10))), of("blue", ("1.png", BLUE))], "10 are taken at most"),
    "too large": ([of("red", ("1.bmp", bytes(5 << 20))), of("blue", ("1.png", BLUE))], "would take 5 MB unpacked"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_each_has_its_sentence(why: str) -> None:
    classes, sentence = REFUSED[why]
    with pytest.raises(PictureRefused) as refused:
        sorted_files(classes, BOUNDS)
    assert any(part in str(refused.value) for part in sentence.split("|"))
