"""Which published images the rows of a table of answers are about: by index, by file name, or by their number and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kdcore.data.answer_tables import AnswerRows
from kdcore.data.datasets import Dataset
from kdcore.errors import TeacherUnavailable
from kdcore.texts import N_

Places = NDArray[np.int64]
WHOLE = "all"
"""The one published list of a dataset that was published without test images."""


@dataclass(frozen=True)
class PublishedImages:
    """The lists in which a dataset's images were published, `train` and `test` or one for all, and how they are split here.

    sizes: images in each list. splits: for each of our splits its list, and the places there in our order. names: the files of a folder
    of pictures, list by list; empty for other datasets.
    """

    sizes: Mapping[str, int]
    splits: Mapping[str, tuple[str, Places]]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def size(self) -> int:
        """How many images there are."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class PlacedRows:
    """Rows of a table and the published images that they are about: rows [m] stand at `places` [m] of a list."""

    list: str
    places: Places
    rows: Places


def published(dataset: Dataset, names: Mapping[str, tuple[str, ...]]) -> PublishedImages:
    """The lists behind a dataset as it is split; names: of its files (`datasets.published_names`)."""
    assert dataset.places is not None, "a dataset that was loaded knows its places"
    train, validation = (places.numpy() for places in (dataset.places.train, dataset.places.validation))
    if dataset.places.test is not None:
        test = dataset.places.test.numpy()
        size = len({*train.tolist(), *validation.tolist(), *test.tolist()})
        splits = {"train": train, "validation": validation, "test": test}
        return PublishedImages({WHOLE: size}, {name: (WHOLE, of) for name, of in splits.items()}, names)
    sizes = {"train": len({*train.tolist(), *validation.tolist()}), "test": len(dataset.test)}
    splits_of = {"train": ("train", train), "validation": ("train", validation)}
    return PublishedImages(sizes, splits_of | {"test": ("test", np.arange(len(dataset.test)))}, names)


def placed(table: AnswerRows, images: PublishedImages, split: str = "") -> list[PlacedRows]:
    """Where a table's rows belong. split: what somebody said of a table that does not say it.

    Raises:
        TeacherUnavailable: they cannot be told: neither their number nor their names fit the images.
    """
    split = table.split or split
    if table.files:
        return list(_by_name(table, images))
    if table.index is not None:
        return list(_by_index(table.index, images, split))
    return list(_in_order(len(table.values), images, split))


def _in_order(count: int, images: PublishedImages, split: str) -> Iterator[PlacedRows]:
    """A list as it was published, or a split as it is here."""
    orders = _orders(images)
    fitting = [
        name for name in orders if len(orders[name]) == count and (not split or name.startswith(split))
    ]
    if split == WHOLE:
        fitting = [name for name in fitting if name == WHOLE]
    if len({name.partition(" ")[0] for name in fitting}) != 1:
        raise TeacherUnavailable(_unfitting(count, images, split, ambiguous=len(fitting) > 1))
    rows = np.arange(count)
    order = orders[fitting[0]]
    for name in images.sizes:
        mine = np.array([one == name for one, _place in order])
        if mine.any():
            yield PlacedRows(name, np.array([place for _list, place in order])[mine], rows[mine])


def _orders(images: PublishedImages) -> dict[str, list[tuple[str, int]]]:
    """Every order in which a table may stand: the published lists first, then our own splits."""
    orders = {name: [(name, place) for place in range(size)] for name, size in images.sizes.items()}
    orders[WHOLE] = [(name, place) for name, size in images.sizes.items() for place in range(size)]
    for name, (of, places) in images.splits.items():
        if len(places) != len(orders.get(name, ())):
            orders[f"{name} here"] = [(of, place) for place in places.tolist()]
    return orders


def _unfitting(rows: int, images: PublishedImages, split: str, *, ambiguous: bool) -> str:
    count, counts = (
        f"{rows:,}",
        ", ".join(f"{name} {len(order):,}" for name, order in _orders(images).items()),
    )
    if ambiguous:
        return N_(
            f"{count} rows fit several parts of these images ({counts}). Say which they are about (--split test)."
        )
    about = split or N_("unsaid")
    return N_(
        f"{count} rows ({about}) fit no part of these images ({counts}). Give a row for each image, or name the images of the rows in a "
        "column 'index' or 'file'."
    )


def _by_index(index: Places, images: PublishedImages, split: str) -> Iterator[PlacedRows]:
    """By the place in a published list, or in our validation images; `all` counts on from the training images to the test images."""
    rows = np.arange(len(index))
    if split in ("", WHOLE):
        if not split and len(images.sizes) > 1:
            raise TeacherUnavailable(
                N_(
                    "The rows have an index, and it is not said into which images: say --split train, test or all."
                )
            )
        bounds = np.cumsum([0, *images.sizes.values()])
        _refuse_beyond(index, images.size(), WHOLE)
        for name, low, high in zip(images.sizes, bounds[:-1], bounds[1:], strict=True):
            mine = (index >= low) & (index < high)
            if mine.any():
                yield PlacedRows(name, index[mine] - low, rows[mine])
        return
    if split in images.sizes:
        _refuse_beyond(index, images.sizes[split], split)
        yield PlacedRows(split, index, rows)
        return
    name, places = images.splits[split]
    _refuse_beyond(index, len(places), split)
    yield PlacedRows(name, places[index], rows)


def _refuse_beyond(index: Places, size: int, split: str) -> None:
    if len(index) and not 0 <= index.min() <= index.max() < size:
        raise TeacherUnavailable(
            f"The index names image {int(index.max())}, and there are {size:,} ({split}), counted from 0."
        )


def _by_name(table: AnswerRows, images: PublishedImages) -> Iterator[PlacedRows]:
    """By the file's path in the dataset's folder, or by its name alone where no other has it."""
    if not images.names:
        raise TeacherUnavailable(
            N_(
                "The rows name files, and these images have none: they are no folder of pictures. Give an index instead."
            )
        )
    known: dict[str, tuple[str, int] | None] = {}
    for name, files in images.names.items():
        for place, path in enumerate(files):
            for ending in _endings(path):
                known[ending] = None if ending in known else (name, place)
    found = [known.get(file.replace("\\", "/").lstrip("./")) for file in table.files]
    if unknown := [file for file, place in zip(table.files, found, strict=True) if place is None]:
        raise TeacherUnavailable(
            f"{len(unknown):,} of {len(found):,} rows name no picture of this folder, or several, such as '{unknown[0]}'. "
            "Name each by its path there: test/cat/001.png."
        )
    twice = [place for place, count in Counter(found).items() if count > 1]
    if twice and twice[0] is not None:
        raise TeacherUnavailable(f"Two rows name the picture {images.names[twice[0][0]][twice[0][1]]}.")
    rows = np.arange(len(found))
    for name in images.sizes:
        mine = np.array([place is not None and place[0] == name for place in found])
        if mine.any():
            yield PlacedRows(
                name, np.array([place[1] for place in found if place and place[0] == name]), rows[mine]
            )


def _endings(path: str) -> Iterator[str]:
    """A path, and what is left of it from each folder on: `test/cat/1.png`, `cat/1.png`, `1.png`."""
    while path:
        yield path
        path = path.partition("/")[2]
