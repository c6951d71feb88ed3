"""Zips of pictures for tests, as people and as attackers make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image


def png(colour: object = (200, 10, 10), mode: str = "RGB", side: int = 8, kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, (side, side), colour).save(buffer, kind)  # type: ignore[arg-type]
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pets(count: int = 20, folder: str = "") -> dict[str, bytes]:
    """So many cats and dogs, which one can tell apart."""
    random = np.random.default_rng(0)
    files = {}
    for animal, colour in (("cat", (200, 40, 40)), ("dog", (40, 40, 200))):
        for number in range(count):
            shade = random.integers(-30, 30, 3)
            files[f"{folder}{animal}/{number:03}.png"] = png(
                tuple(int(v) for v in np.array(colour) + shade), side=16
            )
    return files
