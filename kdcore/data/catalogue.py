"""Which datasets there are, without loading any: it imports no torch, so that a page answers at once."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kdcore.data import image_folder, picture_survey, tensor_dataset, uploaded_pictures
from kdcore.errors import DataUnavailable
from kdcore.experiment import NAME
from kdcore.installation import kept_in
from kdcore.texts import N_

CACHE = ".cache"
"""The folder in the data folder for what can be made again."""
VALIDATION = 5_000
"""Images of the training set that are kept for validation, or a tenth of a smaller one."""

DIGITS = tuple("0123456789")
FOLDER_TITLES = {"cifar10-jpeg": "CIFAR-10 (JPEG)"}


@dataclass(frozen=True)
class Source:
    """A dataset that torchvision fetches: where its files lie below the data folder, and what they hold.

    md5: of the files as they are read, where torchvision only knows those of what it fetches.
    """

    name: str
    title: str
    torchvision: str
    folder: str
    files: tuple[str, ...]
    channels: int
    size: int
    classes: int
    images: int
    download_bytes: int
    class_names: tuple[str, ...] = ()
    md5: tuple[str, ...] = ()

    def missing(self, folder: Path) -> list[str]:
        """Its files that are not below `folder`, as paths relative to it."""
        paths = [os.path.join(self.folder, file) for file in self.files]
        return [path for path in paths if not (folder / path).is_file()]


IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
MATLAB = ("train_32x32.mat", "test_32x32.mat")
BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
MNIST_MD5 = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

# fmt: off
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("mnist", "MNIST", "MNIST", "MNIST/raw", IDX, 1, 28, 10, 60_000, 11_594_722, DIGITS, MNIST_MD5),
        Source("fashion-mnist", "Fashion-MNIST", "FashionMNIST", "FashionMNIST/raw", IDX, 1, 28, 10, 60_000, 30_878_645, CLOTHES),
        Source("kmnist", "Kuzushiji-MNIST", "KMNIST", "KMNIST/raw", IDX, 1, 28, 10, 60_000, 21_240_888, KANA),
        Source("svhn", "SVHN", "SVHN", "", MATLAB, 3, 32, 10, 73_257, 246_316_178, DIGITS),
        Source("cifar10", "CIFAR-10", "CIFAR10", "cifar-10-batches-py", BATCHES, 3, 32, 10, 50_000, 170_498_071),
        Source("cifar100", "CIFAR-100", "CIFAR100", "cifar-100-python", ("train", "test", "meta"), 3, 32, 100, 50_000, 169_001_437),
    )
}
# fmt: on


@dataclass(frozen=True)
class Generated:
    """A dataset that is drawn here, and the probabilities of whose classes are known for every image.

    version: of its generator; another one draws other images. images: to train on and to validate.
    """

    name: str
    title: str
    version: int
    channels: int
    size: int
    class_names: tuple[str, ...]
    images: int = 25_000
    test_images: int = 10_000


SHAPES = ("circle", "oval", "egg", "triangle", "square", "pentagon", "arc", "U", "V", "hook")
GENERATED: dict[str, Generated] = {
    "drawn": Generated("drawn", N_("Drawn digits"), 1, 1, 28, DIGITS),
    "shapes": Generated("shapes", N_("Shapes"), 1, 3, 32, SHAPES, 20_000, 5_000),
}
WITHOUT_FILES = ("digits", *GENERATED)
"""Datasets that come along: a folder of one of these names in the data folder is none."""


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset as a picker shows it.

    size: side in pixels, None where it is chosen. classes: their count, None where unknown. images: how many there are
    to train on, validation taken off. available: whether it loads from what is here. why_not: else, what is missing and
    what to do. download_bytes: what would be fetched when it is loaded; 0 where nothing can be.
    knows_truth: whether the probabilities of its classes are known for every image. notes: what a reader should know of how a
    folder of pictures is read and split, in sentences. uploaded: whether a browser uploaded it, whose own it is unless shared.
    """

    name: str
    title: str
    channels: int
    size: int | None
    classes: int | None
    images: int
    available: bool = True
    why_not: str = ""
    download_bytes: int = 0
    knows_truth: bool = False
    notes: tuple[str, ...] = ()
    uploaded: bool = False


def data_folder() -> Path:
    """Where datasets are: STILLROOM_DATA, else `data` in the checkout, or among the user's data where this is a package."""
    return kept_in("STILLROOM_DATA", "data")


def validation_count(images: int) -> int:
    """How many of a training set's images are kept for validation: 5,000, at most a tenth, at least one."""
    return min(VALIDATION, max(1, images // 10))


def catalogue(folder: Path | None = None) -> list[DatasetEntry]:
    """Every dataset there is or could be: those that come along, torchvision's, and the folders of class folders in `folder`.

    Reads no image but one header per class, and that only when a folder has changed.
    """
    folder = folder or data_folder()
    included = [_included(name) for name in WITHOUT_FILES]
    sources = (_source_entry(s, folder) for s in SOURCES.values())
    handed_over = (_tensor_entry(folder / name) for name in tensor_dataset.names(folder))
    return [*included, *sources, *_folder_entries(folder), *handed_over]


def entry(name: str, folder: Path | None = None) -> DatasetEntry:
    """The entry of a dataset that is here, or that can be fetched.

    Raises:
        DataUnavailable: there is no such dataset, or it is a folder that cannot be used as it is.
    """
    folder = folder or data_folder()
    if name in WITHOUT_FILES:
        return _included(name)
    if name in SOURCES:
        return _source_entry(SOURCES[name], folder)
    if (card := uploaded_pictures.card(folder, name)) is not None and card.deleted:
        raise DataUnavailable(uploaded_pictures.deleted_sentence(card))
    if re.match(NAME, name) and tensor_dataset.is_tensors(folder / name):
        return _available(_tensor_entry(folder / name), folder / name)
    if not re.match(NAME, name) or not (folder / name).is_dir():
        there = ", ".join([*WITHOUT_FILES, *SOURCES, *_folder_names(folder)])
        raise DataUnavailable(
            f"There is no dataset '{name}'; there are {there}. Pictures of your own belong in a folder of that name "
            f"in the data folder, as {picture_survey.LAYOUT}.",
            where=folder,
        )
    return _available(_folder_entry(folder / name), folder / name)


def _available(found: DatasetEntry, root: Path) -> DatasetEntry:
    if not found.available:
        raise DataUnavailable(found.why_not, where=root)
    return found


def _tensor_entry(root: Path) -> DatasetEntry:
    """The entry of images that a program handed over."""
    try:
        found = tensor_dataset.facts(root)
    except DataUnavailable as error:
        return DatasetEntry(root.name, root.name, 3, None, None, 0, available=False, why_not=str(error))
    images = found.images - validation_count(found.images)
    return DatasetEntry(root.name, found.title, found.channels, found.size, len(found.classes), images)


def _included(name: str) -> DatasetEntry:
    if name == "digits":
        return DatasetEntry(name, N_("Digits, 8 × 8 pixels"), 1, 8, 10, 1_077)
    source = GENERATED[name]
    facts = (name, source.title, source.channels, source.size, len(source.class_names))
    images = source.images - validation_count(source.images)
    return DatasetEntry(*facts, images, knows_truth=True)


def _source_entry(source: Source, folder: Path) -> DatasetEntry:
    images = source.images - VALIDATION
    facts = (source.name, source.title, source.channels, source.size, source.classes, images)
    if not source.missing(folder):
        return DatasetEntry(*facts)
    why_not = N_(
        f"{source.title} is not in the data folder. Loading it fetches {source.download_bytes / 1e6:.0f} MB; "
        f"without a network, put torchvision's files into {Path(source.folder or '.')} there."
    )
    return DatasetEntry(*facts, available=False, why_not=why_not, download_bytes=source.download_bytes)


# ---- folders of class folders ---------------------------------------------------------------------------------------


def _folder_names(folder: Path) -> list[str]:
    try:
        there = sorted(name for name in os.listdir(folder) if (folder / name).is_dir())
        names = [name for name in there if picture_survey.is_dataset(folder / name)]
    except OSError:  # no such folder, or not for this user
        return []
    taken = {*WITHOUT_FILES, *SOURCES, *(one.name for one in uploaded_pictures.cards(folder) if one.deleted)}
    return [name for name in names if not name.startswith(".") and name not in taken]


def _folder_entries(folder: Path) -> list[DatasetEntry]:
    return [_folder_entry(folder / name) for name in _folder_names(folder)]


def _folder_entry(root: Path) -> DatasetEntry:
    card = uploaded_pictures.card(root.parent, root.name)
    title = card.title if card else FOLDER_TITLES.get(root.name, root.name)
    try:
        if not re.match(NAME, root.name):
            raise DataUnavailable(
                f"'{root.name}' is a name that cannot be used. Rename the folder with letters, digits, - and _.",
                where=root,
            )
        channels, classes, images, notes = _counted(root, _changed(root))
    except DataUnavailable as error:
        return DatasetEntry(root.name, title, 3, None, None, 0, available=False, why_not=str(error))
    return DatasetEntry(
        root.name, title, channels, None, classes, images, notes=notes, uploaded=card is not None
    )


def _changed(root: Path) -> tuple[tuple[str, int], ...]:
    """The folders and when names were last added to or taken from them: what `_counted` depends on."""
    tops = [root, *(path for path in sorted(root.glob("*/")) if not path.name.startswith("."))]
    folders = [*tops, *(path for top in tops[1:] for path in sorted(top.glob("*/")))]
    listed = root / picture_survey.LEFT_OUT_FILE
    return tuple(
        (str(path), path.stat().st_mtime_ns) for path in [*folders, *([listed] if listed.is_file() else [])]
    )


@functools.lru_cache(maxsize=64)
def _counted(root: Path, changed: tuple[tuple[str, int], ...]) -> tuple[int, int, int, tuple[str, ...]]:
    found = picture_survey.survey(root)
    images = len(found.train) - validation_count(len(found.train))
    return image_folder.channels_of(found), len(found.classes), images, found.said
