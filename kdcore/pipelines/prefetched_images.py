"""The images that a process read before its run came, for that run, where their files are still the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kdcore.data import datasets
from kdcore.experiment import Experiment


@dataclass(frozen=True)
class ImageRequest:
    """Which images an experiment asks for; version: of the files that they are read from."""

    dataset: str
    image_size: int
    split_seed: int
    folder: Path
    version: str

    @classmethod
    def of(cls, experiment: Experiment, folder: Path) -> ImageRequest:
        """What the experiment asks for now, of this data folder."""
        name = experiment.dataset
        version = datasets.version(name, folder)
        return cls(name, experiment.image_size, experiment.split_seed, folder, version)


_prefetched: dict[ImageRequest, datasets.Dataset] = {}


def keep(request: ImageRequest, dataset: datasets.Dataset) -> None:
    """Keep a dataset as it was read, in place of an earlier one."""
    forget()
    _prefetched[request] = dataset


def take(experiment: Experiment, folder: Path) -> datasets.Dataset | None:
    """The dataset that was kept for such an experiment, or None; either way none is kept any more."""
    found = _prefetched.get(ImageRequest.of(experiment, folder)) if _prefetched else None
    forget()
    return found


def forget() -> None:
    """Drop what was kept."""
    _prefetched.clear()
