"""Stored teachers: those that come with the project, those that a user trained, and those kept for reuse by their hash.

A teacher is two files: `<name>.safetensors` with its weights and `<name>.json`, its card.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.atomic_files import write_atomically
from kdcore.errors import OutOfResources, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.installation import assets_folder

if TYPE_CHECKING:
    from torch import Tensor

LISTS = {"shape", "classes", "mean", "std"}
ORACLE = "oracle"
"""What stands for the network on the card of a teacher that says the truth of a dataset that knows it: it has no weights."""
RECORDED = "recorded"
"""The same on the card of answers that somebody recorded: a table, looked up, image by image."""
ABOUT = "about"
"""Under which a brought teacher's file has what was said of it."""
ONNX = "onnx"
"""The same on the card of a network that is an ONNX file: it runs beside torch, which knows no more of it than its answers."""
WITHOUT_NETWORK = (ORACLE, RECORDED, ONNX)
BUNDLED = assets_folder() / "teachers"


@dataclass(frozen=True)
class TeacherCard:
    """The description of a trained teacher.

    Attributes:
        name: unique among stored teachers.
        network: its name in the network table.
        dataset: the name of its dataset.
        dataset_title: the dataset's title on screen.
        shape: channels, height and width of an image.
        classes: the names of the classes, in order.
        experiment: how it was trained (the teacher fields).
        validation: `errors` of `images` on the validation split; empty where it trained on that too.
        test: the same on the test split; empty where it was not tested.
        parameters: how many it has.
        weights: the sha256 of the weights file.
        mean: of the training images, per channel, with black as 0 and white as 1; it normalises a picture where the
            dataset is missing.
        std: the standard deviation, likewise.
        command: the command that trains it again; empty where none is known.
        inputs: of a teacher that somebody brought along, what was said of it (`kdcore.pipelines.brought_teacher`); else empty.
        owner: the digest of the browser whose own it is; empty where everybody may choose it.
    """

    name: str
    network: str
    dataset: str
    dataset_title: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    experiment: dict[str, Any]
    validation: dict[str, int]
    test: dict[str, int]
    parameters: int
    weights: str
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    command: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    owner: str = ""

    @property
    def is_lookup(self) -> bool:
        """Whether it looks its answers up, image by image, and has no network."""
        return self.network in (ORACLE, RECORDED)

    @property
    def is_onnx(self) -> bool:
        """Whether it is an ONNX file."""
        return self.network == ONNX

    @property
    def is_recorded(self) -> bool:
        """Whether it is a table of answers that somebody recorded."""
        return self.network == RECORDED

    @property
    def is_oracle(self) -> bool:
        """Whether it says the truth, looked up, instead of running a network."""
        return self.network == ORACLE


def folders(runs_folder: Path) -> list[Path]:
    """The folders of named teachers: the project's own, then the user's."""
    return [BUNDLED, runs_folder / "teachers"]


def given_folder(runs_folder: Path) -> Path:
    """The folder of teachers that a program brought along: found by name, and offered to nobody else."""
    return runs_folder / "given"


def all_folders(runs_folder: Path) -> list[Path]:
    """Every folder in which a teacher's weights may lie."""
    return [*folders(runs_folder), given_folder(runs_folder), kept_folder(runs_folder)]


def kept_folder(runs_folder: Path) -> Path:
    """The folder of teachers that experiments trained for themselves, named by hash."""
    return runs_folder / "kept"


def all_cards(runs_folder: Path, dataset: str | None = None) -> list[TeacherCard]:
    """The cards of all named teachers, of one dataset if it is given; damaged cards are left out."""
    found = [card for folder in folders(runs_folder) for card in cards_in(folder)]
    return [card for card in found if dataset in (None, card.dataset)]


def cards_in(folder: Path) -> list[TeacherCard]:
    """The cards in a folder, by name; damaged ones are left out."""
    cards = []
    # By name: with their endings, `a-b` would come before `a`.
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stem) if folder.is_dir() else []:
        with contextlib.suppress(TeacherUnavailable):
            cards.append(_card(path))
    return cards


def find(name: str, runs_folder: Path) -> TeacherCard | None:
    """The card of a named teacher, or None where no teacher has that name.

    Raises:
        TeacherUnavailable: its card is damaged.
    """
    for folder in [*folders(runs_folder), given_folder(runs_folder)]:
        if (folder / f"{name}.json").is_file():
            return _card(folder / f"{name}.json")
    return None


def kept_name(experiment: Experiment, images: str) -> str:
    """The name under which an experiment's own teacher is kept; `images` is the digest of its dataset."""
    return f"{experiment.teacher_hash}-{images}"


def kept(experiment: Experiment, images: str, runs_folder: Path) -> TeacherCard | None:
    """The teacher that an earlier run trained on these images for the same teacher fields, or None."""
    path = kept_folder(runs_folder) / f"{kept_name(experiment, images)}.json"
    return _card(path) if path.is_file() else None


def load(card: TeacherCard, runs_folder: Path) -> dict[str, Tensor]:
    """A teacher's weights as float32.

    Raises:
        TeacherUnavailable: the file is missing, damaged, or not the one that the card describes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as load_safetensors

    for folder in all_folders(runs_folder):
        path = folder / f"{card.name}.safetensors"
        if path.is_file():
            content = path.read_bytes()
            if _sha256(content) != card.weights:
                raise TeacherUnavailable(
                    f"The weights of the teacher '{card.name}' are not those of its card: {path.name} was altered or cut short. "
                    "Restore it, or train the teacher again (python -m kdcore teach).",
                    where=path,
                )
            if card.inputs and _inputs_in(content) != card.inputs:
                raise TeacherUnavailable(
                    f"What the card of '{card.name}' says of it is not what was said when it was added. Remove it, and add it again.",
                    where=path,
                )
            try:
                tensors = load_safetensors(content)
            except SafetensorError as error:
                raise TeacherUnavailable(
                    f"The weights of the teacher '{card.name}' cannot be read: {error}."
                ) from error
            return {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    raise TeacherUnavailable(
        f"The weights of the teacher '{card.name}' are missing beside its card. Train it again."
    )


def files_of(experiment: Experiment, runs_folder: Path) -> dict[str, bytes]:
    """The files of an experiment's teacher, the user's own or kept, by their path below the runs folder.

    Another machine that stores them (`store_files`) need not train that teacher.
    """
    named = (runs_folder / "teachers").glob(f"{experiment.teacher}.*")
    hashed = kept_folder(runs_folder).glob(f"{experiment.teacher_hash}-*")
    return {
        path.relative_to(runs_folder).as_posix(): path.read_bytes()
        for path in sorted([*named, *hashed])
        if path.suffix in (".json", ".safetensors")
    }


def store_files(files: Mapping[str, bytes], runs_folder: Path) -> None:
    """Write what `files_of` returned, cards last; equal files stay.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    try:
        for name, content in sorted(files.items(), key=lambda file: file[0].endswith(".json")):
            path = runs_folder / name
            if not path.is_file() or path.read_bytes() != content:
                write_atomically(path, content)
    except OSError as error:
        raise OutOfResources(
            f"The teacher could not be saved in the runs folder: {error.strerror}. Free some space.",
            where=runs_folder,
        ) from error


def save(card: TeacherCard, weights: dict[str, Tensor], folder: Path) -> TeacherCard:
    """Write a teacher's two files, the card last; returns the card with its weights' hash.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    return _write(card, _content(weights, {}), folder)


def save_by_content(card: TeacherCard, tensors: dict[str, Tensor], folder: Path) -> TeacherCard:
    """The same for a teacher that somebody brought along: its name ends with the hash of its tensors and of what was said of it.

    So an experiment that names it means this very teacher; and what was said cannot be changed behind its back.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    # One entry: safetensors writes several in an order of chance, and equal content has one name.
    about = {ABOUT: json.dumps({"dataset": card.dataset, "inputs": card.inputs}, sort_keys=True)}
    content = _content(tensors, about)
    return _write(replace(card, name=f"{card.name}-{_sha256(content)[:8]}"), content, folder)


def is_brought_as(name: str, card: TeacherCard) -> bool:
    """Whether somebody brought this teacher along under this name, without the hash behind it."""
    return bool(card.inputs) and card.name.rpartition("-")[0] == name


def remove_brought(name: str, runs_folder: Path) -> list[str]:
    """Remove for good the teachers that somebody brought along under this name, with or without the hash; returns their names.

    Raises:
        TeacherUnavailable: there is none of this name.
    """
    found = brought(name, runs_folder)
    for card in found:
        (runs_folder / "teachers" / f"{card.name}.json").unlink(missing_ok=True)
        (runs_folder / "teachers" / f"{card.name}.safetensors").unlink(missing_ok=True)
    return [card.name for card in found]


def brought(name: str, runs_folder: Path, owner: str | None = None) -> list[TeacherCard]:
    """The teachers that somebody brought along under this name, with or without the hash.

    owner: the digest of the browser that asks, which is given its own by their whole names; None for the machine's owner.

    Raises:
        TeacherUnavailable: there is none of this name, or it is another browser's.
    """
    cards = [card for card in cards_in(runs_folder / "teachers") if card.inputs]
    cards = [card for card in cards if owner in (None, card.owner)]
    found = [card for card in cards if card.name == name or (owner is None and is_brought_as(name, card))]
    if not found:
        there = ", ".join(card.name for card in cards) or "none"
        raise TeacherUnavailable(f"There is no teacher '{name}' that was added here. There are: {there}.")
    return found


def _content(tensors: Mapping[str, Tensor], about: dict[str, str]) -> bytes:
    from safetensors.torch import save as save_safetensors

    stored = {n: t.detach().cpu().contiguous().clone() for n, t in tensors.items()}
    content: bytes = save_safetensors(stored, about or None)
    return content


def _inputs_in(content: bytes) -> Any:
    """What was said of a teacher when it was added, from the header of its file."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header.get("__metadata__", {}).get(ABOUT, "{}")).get("inputs")


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _write(card: TeacherCard, content: bytes, folder: Path) -> TeacherCard:
    values = asdict(card) | {"weights": _sha256(content)}
    try:
        write_atomically(folder / f"{card.name}.safetensors", content)
        write_atomically(folder / f"{card.name}.json", json.dumps(values, indent=1))
    except OSError as error:
        raise OutOfResources(
            f"The teacher could not be saved: {error.strerror}. Free some space.", where=folder
        ) from error
    return _card(folder / f"{card.name}.json")


def _card(path: Path) -> TeacherCard:
    try:
        values = json.loads(path.read_text())
        for name in LISTS & values.keys():
            values[name] = tuple(values[name])
        return TeacherCard(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TeacherUnavailable(
            f"The teacher's card {path.name} cannot be read: {error}.", where=path
        ) from error
