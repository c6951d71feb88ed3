"""What a folder of class folders holds, from the names of its files: which pictures, in which split, and what was left out.

`train/<class>/...` and `test/<class>/...`; `val`, `valid` or `validation` beside them; or class folders alone, which are split here. Classes
are in the order in which people count (2 before 10), and a name spelled in two ways is one class: macOS writes `ä` as two characters.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kdcore.errors import DataUnavailable
from kdcore.texts import N_

LAYOUT = N_("train/<class>/ and test/<class>/ with the pictures in them, or <class>/ alone")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
"""By which a file is taken for a picture; of which kind it is says its content alone."""
VALIDATION_FOLDERS = ("val", "valid", "validation")
LEFT_OUT_FILE = "left-out.txt"
"""In the dataset's folder: a picture a line that is to be left out, by its path there."""
COLOUR_FILE = "colour.txt"
"""In the dataset's folder: how its pictures are read, whatever they are: `grey` or `colour`."""
CHANNELS = {"grey": 1, "colour": 3}
TEST_SHARE = 5
"""One in so many pictures of a class is kept for the test where the folder has no split."""
SPLIT_SEED = 0


class PictureFile(NamedTuple):
    """One file, by its path below the dataset's folder, and its class number."""

    path: str
    label: int


@dataclass(frozen=True)
class Survey:
    """What a dataset's folder holds.

    left_out: how many files are no pictures, by their ending (`.txt`), pictures in folders of a class (`in sub-folders`) and those
    that a list leaves out. notes: what a reader should know of how it was split, in sentences.
    """

    root: Path
    classes: tuple[str, ...]
    train: tuple[PictureFile, ...]
    test: tuple[PictureFile, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """The notes, and what was left out."""
        sentence = left_out_sentence(self.left_out)
        return (*self.notes, *([sentence] if sentence else []))


def survey(root: Path) -> Survey:
    """List a dataset's folder; reads no picture.

    Raises:
        DataUnavailable: neither splits nor class folders, fewer than two classes, classes that differ between the splits, an empty
            class, a class with a single training picture, a link that leads out of the folder, or no permission.
    """
    try:
        return _survey(root)
    except OSError as error:
        raise DataUnavailable(
            f"{root.name} cannot be read ({error.strerror}). Give this user access to it.", where=root
        ) from error


def is_dataset(root: Path) -> bool:
    """Whether a folder looks like pictures in class folders: it has a folder `train`, or two with pictures in them."""
    if root.name.startswith("."):
        return False
    if (root / "train").is_dir():
        return True
    with_pictures = 0
    for folder in _subfolders(root):
        with os.scandir(root / folder) as entries:
            with_pictures += any(map(_is_picture, entries))
        if with_pictures == 2:
            return True
    return False


def _survey(root: Path) -> Survey:
    found = _Listing(root)
    if (root / "train").is_dir():
        return found.of_splits()
    if (root / "test").is_dir() or not is_dataset(root):
        raise DataUnavailable(
            f"{root.name} has no folder 'train'. Lay it out as {LAYOUT}; without a split one is made here.",
            where=root,
        )
    return found.of_classes_alone()


class _Listing:
    """A folder while it is listed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left_out: Counter[str] = Counter()
        self.unwanted = _unwanted(root)

    def of_splits(self) -> Survey:
        """Splits as they lie there. Validation pictures are training pictures here, of which some are drawn to validate."""
        notes: list[str] = []
        held_out = [name for name in VALIDATION_FOLDERS if (self.root / name).is_dir()]
        training, testing = ["train"], ["test"]
        if not (self.root / "test").is_dir():
            if not held_out:
                raise DataUnavailable(
                    f"{self.root.name} has no folder 'test'. Move a part of the training pictures to test/, or put the class "
                    "folders directly into the dataset's folder: then they are split here.",
                    where=self.root,
                )
            testing = held_out
            notes.append(N_(f"{held_out[0]}/ serves as the test pictures: there is no test/."))
        elif held_out:
            training += held_out
            notes.append(
                N_(
                    f"The pictures of {held_out[0]}/ are among the training pictures, of which some are drawn to validate."
                )
            )
        classes = self._classes(training[0])
        self._refuse_other_classes(classes, training[0], [*training[1:], *testing])
        train = [picture for split in training for picture in self._pictures(split, classes)]
        test = [picture for split in testing for picture in self._pictures(split, classes)]
        return self._checked(classes, train, test, notes)

    def of_classes_alone(self) -> Survey:
        """Class folders without a split: a fifth of each class is kept for the test, the same ones each time."""
        classes = self._classes("")
        pictures = self._pictures("", classes)
        # Imported late: whoever lists a folder that has its splits does not wait for torch.
        import torch

        from kdcore.data.stratified import divided

        labels = torch.tensor([picture.label for picture in pictures])
        stay, kept = divided(labels, len(pictures) // TEST_SHARE, SPLIT_SEED)
        note = N_(
            f"It has no split: {len(kept)} of {len(pictures)} pictures, of each class by its share, are kept for the test."
        )
        return self._checked(classes, [pictures[i] for i in stay], [pictures[i] for i in kept], [note])

    def _classes(self, split: str) -> dict[str, str]:
        """The folder of each class, by its name, in the order of the classes."""
        folders = _by_name(_subfolders(self.root / split))
        if len(folders) < 2:
            place = f"{self.root.name}/{split}".rstrip("/")
            raise DataUnavailable(_too_few_classes(place, len(folders)), where=self.root)
        return {name: folders[name] for name in sorted(folders, key=natural)}

    def _refuse_other_classes(self, classes: Mapping[str, str], first: str, others: Iterable[str]) -> None:
        for split in others:
            if differing := sorted(
                classes.keys() ^ _by_name(_subfolders(self.root / split)).keys(), key=natural
            ):
                raise DataUnavailable(
                    f"{first}/ and {split}/ of {self.root.name} differ in their class folders: {', '.join(differing[:5])}. "
                    "Give both the same ones.",
                    where=self.root,
                )

    def _pictures(self, split: str, classes: Mapping[str, str]) -> list[PictureFile]:
        found: list[PictureFile] = []
        _refuse_escape(self.root, self.root / split)
        own = _by_name(_subfolders(self.root / split))
        for label, name in enumerate(classes):
            folder = self.root / split / own[name]
            _refuse_escape(self.root, folder)
            files = [f"{split}/{own[name]}/{file}".lstrip("/") for file in self._files(folder)]
            files = [path for path in files if self._is_wanted(path)]
            if not files:
                raise DataUnavailable(
                    f"{below_data(folder)} holds no pictures ({', '.join(SUFFIXES)}). Put some in, or remove the class folder.",
                    where=folder,
                )
            found += [PictureFile(path, label) for path in files]
        return found

    def _files(self, folder: Path) -> list[str]:
        """The pictures of a class folder; the others are counted."""
        pictures = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _is_picture(entry):
                    if entry.is_symlink():
                        _refuse_escape(self.root, Path(entry.path))
                    pictures.append(entry.name)
                elif entry.is_dir():
                    self.left_out["in sub-folders"] += _files_below(entry.path)
                else:
                    self.left_out[Path(entry.name).suffix.lower() or "without an ending"] += 1
        return sorted(pictures)

    def _is_wanted(self, path: str) -> bool:
        if path not in self.unwanted:
            return True
        self.left_out[f"listed in {LEFT_OUT_FILE}"] += 1
        return False

    def _checked(
        self,
        classes: Mapping[str, str],
        train: Sequence[PictureFile],
        test: Sequence[PictureFile],
        notes: Sequence[str],
    ) -> Survey:
        sizes = Counter(picture.label for picture in train)
        if alone := [name for label, name in enumerate(classes) if sizes[label] < 2]:
            raise DataUnavailable(
                f"{self.root.name}: the class '{alone[0]}' has {sizes[[*classes].index(alone[0])]} training pictures. "
                "Two or more are needed: one to validate.",
                where=self.root,
            )
        left_out = {kind: count for kind, count in self.left_out.items() if count}
        return Survey(self.root, tuple(classes), tuple(train), tuple(test), left_out, tuple(notes))


def natural(name: str) -> list[tuple[int, int | str]]:
    """Sorts names as people count: class 2 before class 10."""
    parts = re.split(r"(\d+)", name, flags=re.ASCII)
    return [(0, int(part)) if part.isdecimal() else (1, part.casefold()) for part in parts if part] + [
        (2, name)
    ]


def leave_out(root: Path, paths: Iterable[str]) -> None:
    """Have these pictures of a dataset's folder left out from now on, by their paths there.

    Raises:
        OSError: the list cannot be written.
    """
    known = _unwanted(root) | {*paths}
    (root / LEFT_OUT_FILE).write_text("".join(f"{path}\n" for path in sorted(known)), encoding="utf-8")


def asked_channels(root: Path) -> int | None:
    """How many channels a dataset's folder asks for; None where its pictures decide."""
    try:
        return CHANNELS.get((root / COLOUR_FILE).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return None


def below_data(path: Path) -> str:
    """A picture or a class folder by its dataset, split and class: what a page may say of it."""
    parts = path.parts[-4:] if path.suffix.lower() in SUFFIXES else path.parts[-3:]
    return "/".join(parts)


def _unwanted(root: Path) -> frozenset[str]:
    try:
        lines = (root / LEFT_OUT_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset(line.strip() for line in lines if line.strip())


def left_out_sentence(left_out: Mapping[str, int]) -> str:
    """How many files of which kind are not read; empty where all are."""
    if not left_out:
        return ""
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in sorted(left_out.items(), key=lambda one: (-one[1], one[0]))
    )
    return N_(f"Left out: {kinds}.")


def _too_few_classes(place: str, folders: int) -> str:
    if folders == 1:
        return N_(
            f"{place} has 1 class folder, and a network needs two classes or more to tell apart. Lay it out as {LAYOUT}."
        )
    return N_(
        f"{place} has no class folders, and a network needs two classes or more to tell apart. Lay it out as {LAYOUT}."
    )


def _subfolders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except NotADirectoryError:
        return []


def _by_name(folders: Sequence[str]) -> dict[str, str]:
    """Folders by the name that is spelled in one way (NFC)."""
    return {unicodedata.normalize("NFC", name): name for name in folders}


def _files_below(folder: str) -> int:
    return sum(len([name for name in files if not name.startswith(".")]) for _, _, files in os.walk(folder))


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file()


def _refuse_escape(root: Path, path: Path) -> None:
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataUnavailable(
            f"{path.relative_to(root.parent)} is a link that leads out of {root.name}. Copy what it points to instead.",
            where=path,
        )
