"""Folders of class folders: what is read, what is refused in a sentence, and when the cache is trusted."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kdcore.data import catalogue, image_folder, raw_images
from kdcore.data.datasets import load
from kdcore.errors import DataUnavailable, OutOfResources

Colour = tuple[int, int, int]
RED, GREEN, BLUE = (200, 10, 10), (10, 200, 10), (10, 10, 200)


def picture(path: Path, colour: Colour | int, size: tuple[int, int] = (12, 8), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """The dataset `coloured`: 20 red and 10 blue training pictures, 3 and 2 to test."""
    root = tmp_path / "coloured"
    for split, counts in (("train", (20, 10)), ("test", (3, 2))):
        for name, colour, count in zip(("red", "blue"), (RED, BLUE), counts, strict=True):
            for i in range(count):
                picture(root / split / name / f"{i:03}.png", colour)
    return root


def read(root: Path, side: int = 8) -> raw_images.RawImages:
    return image_folder.read(root, side, cache=root.parent / ".cache")


def decoded(root: Path, side: int = 8) -> int:
    """How many pictures reading the folder has to decode."""
    counts = [0]
    image_folder.read(
        root, side, cache=root.parent / ".cache", progress=lambda what, done, total: counts.append(done)
    )
    return counts[-1]


# ---- what is read ---------------------------------------------------------------------------------------------------


def test_classes_are_the_folders_in_order_and_pictures_are_resized(shapes: Path) -> None:
    pixels = read(shapes)
    assert pixels.classes == ("blue", "red")
    assert pixels.train_images.shape == (30, 3, 8, 8)
    assert pixels.train_labels.tolist() == [0] * 10 + [1] * 20
    assert pixels.test_labels.tolist() == [0] * 2 + [1] * 3
    assert (pixels.train_images[pixels.train_labels == 1] == np.array(RED).reshape(3, 1, 1)).all()
    assert (pixels.test_images[pixels.test_labels == 0] == np.array(BLUE).reshape(3, 1, 1)).all()


def test_it_loads_as_a_dataset_with_a_tenth_for_validation(shapes: Path) -> None:
    dataset = load("coloured", folder=shapes.parent, image_size=16)
    assert dataset.shape == (3, 16, 16)
    assert np.bincount(dataset.validation.labels).tolist() == [1, 2]
    assert [len(s) for s in (dataset.train, dataset.validation, dataset.test)] == [27, 3, 5]
    entry = catalogue.entry("coloured", shapes.parent)
    assert (entry.images, entry.classes, entry.size, entry.channels) == (27, 2, None, 3)


def test_the_catalogue_counts_again_when_pictures_come_and_go(shapes: Path) -> None:
    assert catalogue.entry("coloured", shapes.parent).images == 27
    for i in range(10):
        picture(shapes / f"train/red/more{i}.png", RED)
    assert catalogue.entry("coloured", shapes.parent).images == 36


def test_every_class_keeps_a_training_picture_however_small(tmp_path: Path) -> None:
    for name in "abcdefghij":
        for i in range(2):
            picture(tmp_path / "tiny/train" / name / f"{i}.png", RED)
        picture(tmp_path / "tiny/test" / name / "0.png", RED)
    dataset = load("tiny", folder=tmp_path)
    assert np.bincount(dataset.train.labels, minlength=10).min() >= 1
    assert len(dataset.validation) == 2


def test_grey_pictures_make_one_channel(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name, grey in (("dark", 30), ("light", 220)):
            for i in range(2):
                picture(tmp_path / f"greys/{split}/{name}/{i}.jpg", grey, mode="L")
    pixels = read(tmp_path / "greys")
    assert pixels.train_images.shape == (4, 1, 8, 8)
    assert pixels.train_images[:, 0, 0, 0].tolist() == [30, 30, 220, 220]
    assert catalogue.entry("greys", tmp_path).channels == 1


def test_one_grey_picture_among_colours_becomes_a_colour_picture(shapes: Path) -> None:
    picture(shapes / "train/red/000.png", 77, mode="L")
    pixels = read(shapes)
    assert (pixels.train_images[10] == 77).all()
    assert pixels.train_images.shape[1] == 3


def test_other_files_are_no_pictures(shapes: Path) -> None:
    (shapes / "train/red/notes.txt").write_text("not a picture")
    (shapes / "train/red/.hidden.png").write_text("not a picture")
    (shapes / "train/.thumbnails").mkdir()
    (shapes / "README.md").write_text("about")
    assert len(read(shapes).train_labels) == 30


def test_transparency_lies_on_white_and_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    clear, deep = tmp_path / "clear.png", tmp_path / "deep.png"
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(clear)
    assert (image_folder.decode_picture(clear, 3, 4) == 255).all()
    Image.fromarray(np.full((4, 4), 0x8040, dtype=np.uint16)).save(deep)
    assert (image_folder.decode_picture(deep, 1, 4) == 0x80).all()


def test_a_photo_is_turned_as_its_exif_data_says(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    photo = Image.new("L", (8, 8), 0)
    photo.paste(255, (0, 0, 8, 4))  # white above
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    photo.save(path, exif=exif, quality=95)
    pixels = image_folder.decode_picture(path, 1, 8)
    assert pixels[0, :3].max() < 30
    assert pixels[0, 5:].min() > 225


# ---- what is refused ------------------------------------------------------------------------------------------------


def one_class(root: Path) -> None:
    for split in ("train", "test"):
        (root / split / "blue").rename(root / f"blue-{split}")


def no_test(root: Path) -> None:
    (root / "test").rename(root / "later")


def no_train(root: Path) -> None:
    (root / "train").rename(root / "later")


def another_class_in_test(root: Path) -> None:
    (root / "test/red").rename(root / "test/rot")


def empty_class(root: Path) -> None:
    (root / "train/green").mkdir()
    (root / "test/green").mkdir()


def single_picture(root: Path) -> None:
    for split in ("train", "test"):
        picture(root / split / "green/0.png", GREEN)


def text_for_a_picture(root: Path) -> None:
    (root / "train/red/007.png").write_text("<svg/>")


def cut_short(root: Path) -> None:
    path = root / "test/red/001.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-900])


def broken_exif(root: Path) -> None:
    path = root / "train/red/007.png"
    whole, after_header = path.read_bytes(), 8 + 25
    path.write_bytes(whole[:after_header] + chunk(b"eXIf", b"no exif data") + whole[after_header:])


def huge_by_header(root: Path) -> None:
    (root / "train/red/007.png").write_bytes(png_header(5_001, 5_000))


def bomb_by_header(root: Path) -> None:
    (root / "train/red/007.png").write_bytes(png_header(60_000, 60_000))


def linked_picture(root: Path) -> None:
    picture(root.parent / "secret.png", RED)
    (root / "train/red/link.png").symlink_to(root.parent / "secret.png")


def linked_class(root: Path) -> None:
    for split in ("train", "test"):
        picture(root.parent / "elsewhere" / split / "0.png", RED)
        (root / split / "green").symlink_to(root.parent / "elsewhere" / split)


def linked_split(root: Path) -> None:
    (root / "test").rename(root.parent / "moved")
    (root / "test").symlink_to(root.parent / "moved")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be so large and holds nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


REFUSED: list[tuple[Callable[[Path], None], str]] = [
    (one_class, r"has 1 class folder, and a network needs two"),
    (no_test, r"has no folder 'test'.*Move a part of the training pictures"),
    (no_train, r"has no folder 'train'"),
    (another_class_in_test, r"differ in their class folders: red, rot"),
    (empty_class, r"train/green holds no pictures"),
    (single_picture, r"the class 'green' has 1 training pictures"),
    (text_for_a_picture, r"007\.png is not a picture"),
    (cut_short, r"test/red/001\.png is damaged"),
    (broken_exif, r"train/red/007\.png is damaged"),
    (huge_by_header, r"007\.png has more than 25 megapixels"),
    (bomb_by_header, r"007\.png has more than 25 megapixels"),
    (linked_picture, r"link\.png is a link that leads out"),
    (linked_class, r"green is a link that leads out"),
    (linked_split, r"test is a link that leads out"),
]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("spoil", "sentence"), REFUSED, ids=[spoil.__name__ for spoil, _ in REFUSED])
def test_what_cannot_be_used_is_said_and_nothing_is_kept(
    shapes: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(shapes)
    with pytest.raises(DataUnavailable, match=sentence) as refused:
        load("coloured", folder=shapes.parent)
    assert str(shapes.parent) not in str(refused.value), "pages show it"
    assert str(shapes) in refused.value.in_the_shell
    assert not list(shapes.parent.glob(".cache/*"))


@pytest.mark.parametrize("spoil", [one_class, no_test, another_class_in_test, empty_class, linked_class])
def test_the_catalogue_says_it_too_and_still_lists_the_others(
    shapes: Path, spoil: Callable[[Path], None]
) -> None:
    catalogue.catalogue(shapes.parent)
    spoil(shapes)
    entries = {entry.name: entry for entry in catalogue.catalogue(shapes.parent)}
    assert entries["digits"].available
    assert not entries["coloured"].available
    assert "coloured" in entries["coloured"].why_not
    assert str(shapes.parent) not in entries["coloured"].why_not, "pages show it"


def test_a_link_within_the_dataset_is_fine_and_the_dataset_may_be_one(shapes: Path) -> None:
    (shapes / "train/red/again.png").symlink_to("000.png")
    (shapes.parent / "alias").symlink_to(shapes)
    assert len(read(shapes.parent / "alias").train_labels) == 31


def test_more_pixels_than_memory_is_refused_before_decoding(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "process_memory", lambda: 40_960)
    with pytest.raises(OutOfResources, match="Choose a smaller image size"):
        read(shapes, 64)


# ---- the cache ------------------------------------------------------------------------------------------------------


def test_pictures_are_decoded_once(shapes: Path) -> None:
    first = read(shapes)
    assert decoded(shapes) == 0
    assert np.array_equal(read(shapes).train_images, first.train_images)
    assert decoded(shapes, side=4) == 35, "another size is another cache"
    assert decoded(shapes) == 0
    assert decoded(shapes, side=4) == 0


def test_a_changed_an_added_and_a_removed_picture_are_noticed(shapes: Path) -> None:
    read(shapes)
    picture(shapes / "train/red/000.png", GREEN)
    assert (read(shapes).train_images[10, :, 0, 0] == GREEN).all()
    picture(shapes / "train/red/new.png", RED)
    assert len(read(shapes).train_labels) == 31
    (shapes / "train/red/new.png").unlink()
    assert len(read(shapes).train_labels) == 30
    assert len(list(shapes.parent.glob(".cache/*"))) == 1, "stale caches are removed"


def test_a_renamed_picture_is_noticed_though_all_have_one_size_and_time(shapes: Path) -> None:
    """As in an unpacked archive."""
    picture(shapes / "train/red/000.png", GREEN)
    for path in (shapes / "train/red").iterdir():
        path.write_bytes(path.read_bytes().ljust(200, b"\0"))
        os.utime(path, (1_000_000_000, 1_000_000_000))
    read(shapes)
    (shapes / "train/red/000.png").rename(shapes / "train/red/zzz.png")
    assert (read(shapes).train_images[29, :, 0, 0] == GREEN).all()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", None], ids=["empty", "header", "cut short"])
def test_a_broken_cache_is_made_anew(shapes: Path, content: bytes | None) -> None:
    first = read(shapes)
    (kept,) = shapes.parent.glob(".cache/*")
    kept.write_bytes(kept.read_bytes()[:-100] if content is None else content)
    assert decoded(shapes) == 35
    assert np.array_equal(read(shapes).train_images, first.train_images)
    assert decoded(shapes) == 0


class Trap:
    """Would make a file if it were unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_a_cache_that_would_run_code_is_not_read(shapes: Path) -> None:
    read(shapes)
    (kept,) = shapes.parent.glob(".cache/*")
    mark = shapes.parent / "ran"
    kept.write_bytes(bytes(ForkingPickler.dumps(Trap(mark))))
    assert decoded(shapes) == 35
    assert not mark.exists()


def test_where_nothing_can_be_written_it_still_loads(shapes: Path) -> None:
    (shapes.parent / ".cache").write_text("a file where the folder should be")
    assert decoded(shapes) == 35
    assert decoded(shapes) == 35


def test_stopping_leaves_no_cache(shapes: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load("coloured", folder=shapes.parent, progress=stop)
    assert not list(shapes.parent.glob(".cache/*"))
