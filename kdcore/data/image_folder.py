"""Folders of class folders (`train/<class>/*.png|jpg`, `test/<class>/...`): surveyed, decoded once, and cached.

No picture is trusted: its kind and its size are read from its header before it is decoded, only PNG and JPEG are,
and a link may not lead out of the dataset's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kdcore.atomic_files import atomic_file
from kdcore.data.raw_images import Bytes, Numbers, Progress, RawImages
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.system.memory import process_memory
from kdcore.texts import N_

LAYOUT = "train/<class>/*.png or *.jpg, and test/<class>/ likewise"
SUFFIXES = (".png", ".jpg", ".jpeg")
LARGEST = 25_000_000
"""Pixels in a picture, by its header; a small file can unfold into more memory than there is."""
DAMAGE = (OSError, SyntaxError, ValueError, struct.error)
"""Pillow's ways of saying that a file is damaged."""
GREY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
SMALL = 20_000
"""Bytes in a picture's file below which a second thread makes decoding slower (32 x 32: 18 against 13 seconds for 60,000)."""
DECODED_AT_ONCE = 64


class PictureFile(NamedTuple):
    """One file, by its path below the dataset's folder, and its class number."""

    path: str
    label: int


@dataclass(frozen=True)
class Survey:
    """What a dataset's folder holds, from the names of its files."""

    root: Path
    classes: tuple[str, ...]
    train: tuple[PictureFile, ...]
    test: tuple[PictureFile, ...]

    def channels(self) -> int:
        """1 where the first picture of every class is grey, else 3; the others are converted to it.

        Raises:
            DataUnavailable: one of those pictures cannot be read.
        """
        first = {picture.label: picture for picture in reversed(self.train)}
        for picture in first.values():
            with _opened(self.root / picture.path) as image:
                if image.mode not in GREY:
                    return 3
        return 1


# ---- what there is --------------------------------------------------------------------------------------------------


def survey(root: Path) -> Survey:
    """List a dataset's folder; reads no picture.

    Raises:
        DataUnavailable: no `train` or `test`, fewer than two classes, classes that differ between the two, an empty
            class, a class with a single training picture, a link that leads out of the folder, or no permission.
    """
    try:
        return _survey(root)
    except OSError as error:
        raise DataUnavailable(
            f"{root.name} cannot be read ({error.strerror}). Give this user access to it.", where=root
        ) from error


def _survey(root: Path) -> Survey:
    for split in ("train", "test"):
        if not (root / split).is_dir():
            raise DataUnavailable(
                f"{root.name} has no folder '{split}'. Lay it out as {LAYOUT}; "
                "move a part of the training pictures to test/ if there are no others.",
                where=root,
            )
    classes = _folders(root, "train")
    if len(classes) < 2:
        raise DataUnavailable(
            f"{root.name}/train has {len(classes)} class folder{'s' * (len(classes) != 1)}, and a network needs two "
            f"classes or more to tell apart. Lay it out as {LAYOUT}.",
            where=root,
        )
    if differing := sorted(set(classes) ^ set(_folders(root, "test"))):
        raise DataUnavailable(
            f"train/ and test/ of {root.name} differ in their class folders: {', '.join(differing[:5])}. "
            "Give both the same ones.",
            where=root,
        )
    train, test = (_pictures(root, split, classes) for split in ("train", "test"))
    sizes = Counter(picture.label for picture in train)
    if alone := [name for label, name in enumerate(classes) if sizes[label] < 2]:
        raise DataUnavailable(
            f"{root.name}/train/{alone[0]} holds one picture. Two or more are needed: one to validate.",
            where=root,
        )
    return Survey(root, tuple(classes), tuple(train), tuple(test))


def _folders(root: Path, split: str) -> list[str]:
    with os.scandir(root / split) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))


def _pictures(root: Path, split: str, classes: Sequence[str]) -> list[PictureFile]:
    found: list[PictureFile] = []
    _refuse_escape(root, root / split)
    for label, name in enumerate(classes):
        folder = root / split / name
        _refuse_escape(root, folder)
        with os.scandir(folder) as entries:
            pictures = [e for e in entries if _is_picture(e)]
        for entry in pictures:
            if entry.is_symlink():
                _refuse_escape(root, Path(entry.path))
        if not pictures:
            raise DataUnavailable(
                f"{below_data(folder)} holds no .png or .jpg. Put pictures in, or remove the class folder.",
                where=folder,
            )
        found += [PictureFile(f"{split}/{name}/{file}", label) for file in sorted(e.name for e in pictures)]
    return found


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file()


def _refuse_escape(root: Path, path: Path) -> None:
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataUnavailable(
            f"{path.relative_to(root.parent)} is a link that leads out of {root.name}. Copy what it points to instead.",
            where=path,
        )


# ---- its pixels -----------------------------------------------------------------------------------------------------


def read(root: Path, side: int, *, cache: Path, progress: Progress | None = None) -> RawImages:
    """Every picture as `side` x `side` pixels: from the cache where nothing has changed, else decoded and cached.

    A picture is squeezed into the square, turned as its EXIF data says, and laid on white where it is transparent.

    Args:
        root: the dataset's folder.
        side: in pixels.
        cache: folder for the decoded pixels; where it cannot be written, nothing is cached.
        progress: called with "images", how many are decoded, and how many there are.

    Raises:
        DataUnavailable: see `survey`; or a picture that is damaged, too large, or none.
        OutOfResources: the pixels would not fit into this machine's memory.
    """
    found = survey(root)
    channels = found.channels()
    _refuse_more_than_memory(found, channels, side)
    kept = cache / f"{root.name}-{side}-{_fingerprint(found, channels)}.npy"
    images = _cached(kept, (len(found.train) + len(found.test), channels, side, side))
    if images is None:
        images = _decode(found, channels, side, progress)
        _keep(kept, images, stale=f"{root.name}-{side}-{'?' * 16}.npy")
    n = len(found.train)
    return RawImages(images[:n], _labels(found.train), images[n:], _labels(found.test), found.classes)


def _labels(pictures: Sequence[PictureFile]) -> Numbers:
    return np.array([picture.label for picture in pictures], dtype=np.int64)


def _refuse_more_than_memory(found: Survey, channels: int, side: int) -> None:
    memory = process_memory()
    needed = (
        (len(found.train) + len(found.test)) * channels * side * side * 5
    )  # a byte read, and four as float32
    if needed > memory:
        raise OutOfResources(
            f"{found.root.name} at {side} x {side} pixels needs {needed / 1e9:.1f} GB of memory, and this machine has "
            f"{memory / 1e9:.1f}. Choose a smaller image size."
        )


def _decode(found: Survey, channels: int, side: int, progress: Progress | None) -> Bytes:
    pictures = found.train + found.test
    images = np.empty((len(pictures), channels, side, side), dtype=np.uint8)

    def decode(start: int) -> int:
        stop = min(start + DECODED_AT_ONCE, len(pictures))
        for i in range(start, stop):
            images[i] = decode_picture(found.root / pictures[i].path, channels, side)
        return stop

    pool = ThreadPoolExecutor(_threads([found.root / path for path, _ in pictures]))
    try:
        for done in pool.map(decode, range(0, len(pictures), DECODED_AT_ONCE)):
            if progress:
                progress("images", done, len(pictures))
    finally:
        pool.shutdown(cancel_futures=True)
    return images


def _threads(paths: Sequence[Path]) -> int | None:
    """One for small pictures, where Python's own work outweighs decoding and threads only wait for each other."""
    sizes = [path.stat().st_size for path in paths[:: max(1, len(paths) // 100)]]
    return 1 if sum(sizes) / len(sizes) < SMALL else os.cpu_count()


def decode_picture(path: Path, channels: int, side: int) -> Bytes:
    """One picture as uint8 [channels, side, side].

    Raises:
        DataUnavailable: it is damaged, over 25 megapixels by its header, or no PNG or JPEG.
    """
    with _opened(path) as image:
        image.draft(None, (4 * side, 4 * side))  # a large JPEG is decoded at a fraction of its size
        try:
            image.load()
            square = plain(ImageOps.exif_transpose(image), channels)
        except DAMAGE as error:
            raise DataUnavailable(
                f"{below_data(path)} is damaged ({error}). Replace or remove it.", where=path
            ) from error
        if square.size != (side, side):
            square = square.resize((side, side), Image.Resampling.BILINEAR)
        pixels = np.asarray(square, dtype=np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def plain(image: Image.Image, channels: int) -> Image.Image:
    """The picture in 8-bit grey (one channel) or RGB, on white where it is transparent."""
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8 rather than scale
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8))
    return image.convert("L" if channels == 1 else "RGB")


def _opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=("PNG", "JPEG"))
    except UnidentifiedImageError as error:
        raise DataUnavailable(
            f"{below_data(path)} is not a PNG or JPEG picture. Replace or remove it.", where=path
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except DAMAGE as error:
        raise DataUnavailable(
            f"{below_data(path)} cannot be read ({error}). Replace or remove it.", where=path
        ) from error
    if image.width * image.height > LARGEST:
        image.close()
        raise _too_large(path)
    return image


def _too_large(path: Path) -> DataUnavailable:
    return DataUnavailable(
        N_(
            f"{below_data(path)} has more than {LARGEST // 1_000_000} megapixels. Make it smaller or remove it."
        ),
        where=path,
    )


def below_data(path: Path) -> str:
    """A picture or a class folder by its dataset, split and class: what a page may say of it."""
    parts = path.parts[-4:] if path.suffix.lower() in SUFFIXES else path.parts[-3:]
    return "/".join(parts)


# ---- the cache ------------------------------------------------------------------------------------------------------


def _fingerprint(found: Survey, channels: int) -> str:
    digest = hashlib.sha256(f"1 {channels}".encode())
    for path, _ in found.train + found.test:
        # Making a Path for each of 60,000 files takes as long as asking for their times.
        status = os.stat(f"{found.root}/{path}")
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _cached(path: Path, shape: tuple[int, ...]) -> Bytes | None:
    try:
        images: Bytes = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or cut short: decode again
        return None
    return images if images.dtype == np.uint8 and images.shape == shape else None


def _keep(path: Path, images: Bytes, *, stale: str) -> None:
    with contextlib.suppress(OSError):  # no room, or a folder that only reads: the next run decodes again
        with atomic_file(path) as file:
            np.save(file, images, allow_pickle=False)
        for old in path.parent.glob(stale):
            if old != path:
                old.unlink(missing_ok=True)
