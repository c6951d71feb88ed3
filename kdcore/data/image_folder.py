"""The pixels of a folder of class folders (`kdcore.data.picture_survey` lists it): decoded once, and cached.

No picture is trusted: its kind and its size are read from its header, whatever its name says, before it is decoded, only the kinds of
KINDS are, and a link may not lead out of the dataset's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kdcore.atomic_files import PART, atomic_file
from kdcore.data.picture_survey import PictureFile, Survey, asked_channels, below_data, survey
from kdcore.data.raw_images import Bytes, Numbers, Progress, RawImages
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.experiment import NAME
from kdcore.system.memory import process_memory
from kdcore.texts import N_

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""What Pillow may read: kinds whose readers are its own and start no other program."""
LARGEST = 25_000_000
"""Pixels in a picture, by its header; a small file can unfold into more memory than there is."""
DAMAGE = (OSError, SyntaxError, ValueError, struct.error)
"""Pillow's ways of saying that a file is damaged."""
GREY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
SMALL = 20_000
"""Bytes in a picture's file below which a second thread makes decoding slower (32 x 32: 18 against 13 seconds for 60,000)."""
DECODED_AT_ONCE = 64
SQUEEZED_UP_TO = 96
"""The side in pixels up to which a picture that is not square is squeezed into the square; a larger square gets the picture's middle."""
OBLONG = 1.02
"""A picture whose longer side is more than so many times the shorter is not square."""
COUNTS = 2
"""Numbers that are kept behind the pixels, 8 bytes each: how many pictures are grey among coloured ones, and how many are not square."""
ABANDONED_SECONDS = 3600.0
"""The age from which a file that is being written was left by a killed process."""
NAMED = 10
"""Pictures that a sentence names; further ones are counted."""
UNREADABLE_END = N_(
    "Replace or remove {them}, or go on without: python -m kdcore datasets --leave-out {name}."
)


# ---- what kind they are ---------------------------------------------------------------------------------------------


def channels_of(found: Survey) -> int:
    """As the folder asks; else 3 where any training picture has colour, else 1: the others are converted to it.

    A picture that cannot be read says nothing. The first of each class are looked at first: where one has colour, no more are opened.
    """
    if (asked := asked_channels(found.root)) is not None:
        return asked
    first = {picture.label: picture for picture in reversed(found.train)}
    for path, _ in dict.fromkeys([*first.values(), *found.train]):
        with contextlib.suppress(DataUnavailable), _opened(found.root / path) as image:
            if image.mode not in GREY:
                return 3
    return 1


# ---- its pixels -----------------------------------------------------------------------------------------------------


def read(root: Path, side: int, *, cache: Path, progress: Progress | None = None) -> RawImages:
    """Every picture as `side` x `side` pixels: from the cache where nothing has changed, else decoded and cached.

    A picture is squeezed into the square, or above SQUEEZED_UP_TO pixels its middle is taken; it is turned as its EXIF data says, and
    laid on white where it is transparent.

    Args:
        root: the dataset's folder.
        side: in pixels.
        cache: folder for the decoded pixels; where it cannot be written, nothing is cached.
        progress: called with "images", how many are decoded, and how many there are.

    Raises:
        DataUnavailable: see `survey`; or pictures that are damaged, too large, or none: all of them are named.
        OutOfResources: the pixels would not fit into this machine's memory.
    """
    found = survey(root)
    channels = channels_of(found)
    _refuse_more_than_memory(found, channels, side)
    kept = cache / f"{root.name}-{side}-{_fingerprint(found, channels)}.npy"
    pixels = (len(found.train) + len(found.test)) * channels * side * side
    kept_numbers = _cached(kept, pixels + 8 * COUNTS)
    if kept_numbers is None:
        images, *counts = _decode(found, channels, side, progress)
        kept_numbers = np.concatenate([images.ravel(), np.array(counts, dtype="<u8").view(np.uint8)])
        _keep(kept, kept_numbers, stale=f"{root.name}-{side}-{'?' * 16}.npy")
    images = kept_numbers[:pixels].reshape(-1, channels, side, side)
    grey, oblong = map(int, kept_numbers[pixels:].view("<u8"))
    n = len(found.train)
    notes = (*found.said, *_notes(grey, oblong, len(images), side))
    return RawImages(
        images[:n], _labels(found.train), images[n:], _labels(found.test), found.classes, notes=notes
    )


def version(root: Path) -> str:
    """Changes with the folder's pictures.

    Raises:
        DataUnavailable: see `survey`.
    """
    found = survey(root)
    return _fingerprint(found, channels_of(found))


def _notes(grey: int, oblong: int, count: int, side: int) -> list[str]:
    """What was made of pictures that are grey among coloured ones, and of those that are not square."""
    notes = [_grey_note(grey, count)] if grey else []
    if oblong:
        some, all_of_them = f"{oblong:,}", f"{count:,}"
        notes.append(
            N_(
                f"{some} of {all_of_them} pictures are not square: they are squeezed into one. Above {SQUEEZED_UP_TO} pixels their middle is "
                "taken, which keeps their shape."
            )
            if side <= SQUEEZED_UP_TO
            else N_(
                f"{some} of {all_of_them} pictures are not square: the middle of each is taken, which keeps its shape."
            )
        )
    return notes


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


def unreadable(root: Path, side: int = 32) -> list[str]:
    """The pictures of a dataset's folder that cannot be read, by their paths there.

    Raises:
        DataUnavailable: see `survey`.
    """
    found = survey(root)
    bad: dict[str, DataUnavailable] = {}
    for path, _ in found.train + found.test:
        try:
            decode_picture(root / path, 3, side)
        except DataUnavailable as error:
            bad[path] = error
    return [*bad]


def _grey_note(grey: int, of: int) -> str:
    """What a reader should know where some pictures are grey among coloured ones."""
    some, all_of_them = f"{grey:,}", f"{of:,}"
    return N_(
        f"{some} of {all_of_them} pictures are grey: they are read as colour pictures, as the others are."
    )


def _decode(found: Survey, channels: int, side: int, progress: Progress | None) -> tuple[Bytes, int, int]:
    """The pixels, how many pictures are grey among coloured ones, and how many are not square.

    Raises:
        DataUnavailable: some cannot be read; it names them all.
    """
    pictures = found.train + found.test
    images = np.empty((len(pictures), channels, side, side), dtype=np.uint8)
    bad: dict[int, DataUnavailable] = {}
    grey: set[int] = set()
    oblong: set[int] = set()

    def decode(start: int) -> int:
        stop = min(start + DECODED_AT_ONCE, len(pictures))
        for i in range(start, stop):
            try:
                images[i], is_grey, is_oblong = _decoded(found.root / pictures[i].path, channels, side)
            except DataUnavailable as error:
                bad[i] = error
            else:
                if is_grey and channels == 3:
                    grey.add(i)
                if is_oblong:
                    oblong.add(i)
        return stop

    pool = ThreadPoolExecutor(_threads([found.root / path for path, _ in pictures]))
    try:
        for done in pool.map(decode, range(0, len(pictures), DECODED_AT_ONCE)):
            if progress:
                progress("images", done, len(pictures))
    finally:
        pool.shutdown(cancel_futures=True)
    if bad:
        raise _cannot_be_read(found.root, [bad[i] for i in sorted(bad)])
    return images, len(grey), len(oblong)


def _cannot_be_read(root: Path, errors: Sequence[DataUnavailable]) -> DataUnavailable:
    """All that cannot be read, at once, with the way on without them."""
    name = root.name if re.fullmatch(NAME, root.name) else shlex.quote(root.name)
    if len(errors) == 1:
        [only] = errors
        return DataUnavailable(f"{only} {UNREADABLE_END.format(them='it', name=name)}", where=only.where)
    shown = " ".join(map(str, errors[:NAMED]))
    more = f" And {len(errors) - NAMED} more." if len(errors) > NAMED else ""
    end = UNREADABLE_END.format(them="them", name=name)
    return DataUnavailable(f"{len(errors)} pictures cannot be read. {shown}{more} {end}", where=root)


def _threads(paths: Sequence[Path]) -> int | None:
    """One for small pictures, where Python's own work outweighs decoding and threads only wait for each other."""
    sizes = [path.stat().st_size for path in paths[:: max(1, len(paths) // 100)]]
    return 1 if sum(sizes) / len(sizes) < SMALL else os.cpu_count()


def decode_picture(path: Path, channels: int, side: int) -> Bytes:
    """One picture as uint8 [channels, side, side].

    Raises:
        DataUnavailable: it is damaged, over 25 megapixels by its header, or of no kind of KINDS.
    """
    return _decoded(path, channels, side)[0]


def _decoded(path: Path, channels: int, side: int) -> tuple[Bytes, bool, bool]:
    """The pixels, whether the picture is grey, and whether it is not square."""
    with _opened(path) as image:
        grey = image.mode in GREY
        image.draft(None, (4 * side, 4 * side))  # a large JPEG is decoded at a fraction of its size
        try:
            image.load()
            square = plain(ImageOps.exif_transpose(image), channels)
        except DAMAGE as error:
            raise DataUnavailable(f"{below_data(path)} is damaged ({error}).", where=path) from error
        oblong = max(square.size) > OBLONG * min(square.size)
        if side > SQUEEZED_UP_TO:
            square = ImageOps.fit(square, (side, side), Image.Resampling.BILINEAR)
        elif square.size != (side, side):
            square = square.resize((side, side), Image.Resampling.BILINEAR)
        pixels = np.asarray(square, dtype=np.uint8)
    return (pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)), grey, oblong


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
        image = Image.open(path, formats=KINDS)
    except UnidentifiedImageError as error:
        raise DataUnavailable(
            f"{below_data(path)} is not a picture ({', '.join(KINDS)}).", where=path
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except DAMAGE as error:
        raise DataUnavailable(f"{below_data(path)} cannot be read ({error}).", where=path) from error
    if image.width * image.height > LARGEST:
        image.close()
        raise _too_large(path)
    return image


def _too_large(path: Path) -> DataUnavailable:
    return DataUnavailable(
        N_(f"{below_data(path)} has more than {LARGEST // 1_000_000} megapixels."),
        where=path,
    )


# ---- the cache ------------------------------------------------------------------------------------------------------


def _fingerprint(found: Survey, channels: int) -> str:
    digest = hashlib.sha256(f"3 {channels}".encode())
    for path, _ in found.train + found.test:
        # Making a Path for each of 60,000 files takes as long as asking for their times.
        status = os.stat(f"{found.root}/{path}")
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _cached(path: Path, size: int) -> Bytes | None:
    try:
        images: Bytes = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or cut short: decode again
        return None
    return images if images.dtype == np.uint8 and images.shape == (size,) else None


def _keep(path: Path, images: Bytes, *, stale: str) -> None:
    with contextlib.suppress(OSError):  # no room, or a folder that only reads: the next run decodes again
        with atomic_file(path) as file:
            np.save(file, images, allow_pickle=False)
        abandoned = [part for part in path.parent.glob(f"*{PART}") if _age(part) > ABANDONED_SECONDS]
        for old in [*path.parent.glob(stale), *abandoned]:
            if old != path:
                old.unlink(missing_ok=True)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
