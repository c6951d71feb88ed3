"""Real images for tests, where this machine has some: MNIST and CIFAR-10 (JPEG).

Looked for in the setting STILLROOM_DATA, then in the folders ../shared/data and ../data beside the checkout. CIFAR-10
(JPEG) may also lie there as an archive.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

BESIDE = Path(__file__).resolve().parent.parent.parent
NAMES = ("MNIST", "cifar10-jpeg")


def places() -> list[Path]:
    """Where data may be, the user's own setting first."""
    chosen = os.environ.get("STILLROOM_DATA")
    return [*([Path(chosen)] if chosen else []), BESIDE / "shared/data", BESIDE / "data"]


def gather(into: Path, places: Iterable[Path]) -> list[str]:
    """Link or unpack each dataset into one data folder; returns the names of those that are nowhere."""
    places = list(places)
    for name in NAMES:
        folder = next((place / name for place in places if (place / name).is_dir()), None)
        archive = next((a for place in places if (a := place / f"{name}.tar.xz").is_file()), None)
        if folder:
            (into / name).symlink_to(folder.resolve(), target_is_directory=True)
        elif archive:
            with tarfile.open(archive) as packed:
                packed.extractall(into, filter="data")
    return missing(into)


def missing(folder: Path) -> list[str]:
    """The names of the datasets that a data folder lacks."""
    return [name for name in NAMES if not (folder / name).is_dir()]
