"""The trained networks that can infer: the trained teachers, and the teacher, the twin and the students of a run.

Listing them needs no torch; running them does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kdcore import teachers
from kdcore.errors import NetworkRefused, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.texts import N_

if TYPE_CHECKING:
    from torch import nn

TRANSFER_FIELDS = ("count", "fraction", "omit", "noise_seed")
"""The fields of an experiment that say which of the training images its students saw."""


RECORDED_ONLY = N_(
    "'{title}' is a table of recorded answers, not a network: it says nothing of other pictures, and cannot be exported."
)


@dataclass(frozen=True)
class InferenceModel:
    """A trained network that can be run on images.

    key: `teacher:<name>` or `run:<id>:<role>`. role: teacher, twin, student, or another role of its run.
    network: its architecture's name. image_size: side in pixels. shape: channels, height, width. mean and std: of its
    training images, per channel, black being 0 and white 1; empty where no record has them. path and digest: its
    weights file and that file's sha256. transfer: the training images that its run's students saw, as JSON; empty for all.
    inputs: of a teacher that somebody brought along, what was said of it, as JSON; else empty. owner: the digest of the browser whose
    own it is; empty where everybody may choose it.
    """

    key: str
    role: str
    title: str
    network: str
    dataset: str
    image_size: int
    split_seed: int
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    path: Path
    digest: str
    transfer: str = ""
    inputs: str = ""
    owner: str = ""

    @property
    def is_recorded(self) -> bool:
        """Whether it is a table of recorded answers, which knows the dataset's own images alone."""
        return self.network == teachers.RECORDED

    @property
    def trained_on_validation(self) -> bool:
        """Whether its run's students saw the validation images too."""
        return bool(self.transfer) and bool(json.loads(self.transfer).get("train_on_validation"))

    @property
    def knows(self) -> tuple[str, tuple[int, int, int], tuple[str, ...], int]:
        """The images that it was trained for and their split: only networks for which this is equal can be compared."""
        return self.dataset, self.shape, self.classes, self.split_seed


# ---- which there are --------------------------------------------------------------------------------------------------


def of_teachers(runs_folder: Path, dataset: str | None = None) -> list[InferenceModel]:
    """The named teachers whose weights are here, those of one dataset if it is given."""
    found: dict[str, InferenceModel] = {}
    for card in teachers.all_cards(runs_folder, dataset):
        if (path := _weights(card.name, runs_folder)) is not None:
            found.setdefault(card.name, _of_card(card, path))
    return list(found.values())


def of_run(run: Run, runs_folder: Path) -> list[InferenceModel]:
    """A run's teacher, twin and students, those whose weights are here; none before the run was tested."""
    about = run.results.get("dataset")
    if about is None:
        return []
    return [model for role in roles(run) if (model := _of_role(run, role, about, runs_folder)) is not None]


def roles(run: Run) -> list[str]:
    """The networks that a run has tested: the teacher first where it had one, then the twin, then the others."""
    tested = [name for name, said in run.results.items() if isinstance(said, dict) and "network" in said]
    first = [role for role in ("teacher", "twin", "student") if role in tested]
    return [*first, *(role for role in tested if role not in first)]


def named(key: str, runs_folder: Path) -> InferenceModel:
    """The network with this key.

    Raises:
        TeacherUnavailable: nobody has it, or the weights are gone.
        RunRefused: there is no such run.
    """
    kind, _, rest = key.partition(":")
    found: list[InferenceModel] = []
    if kind == "teacher":
        found = of_teachers(runs_folder)
    elif kind == "run":
        store = Store(runs_folder)
        try:
            found = of_run(store.run(rest.partition(":")[0]), runs_folder)
        finally:
            store.close()
    for model in found:
        if model.key == key:
            return model
    there = ", ".join(model.key.removeprefix("teacher:") for model in found) or "none"
    raise TeacherUnavailable(f"There is no trained network '{rest}' here. There are: {there}.")


def with_transfer_of(first: InferenceModel, model: InferenceModel) -> InferenceModel:
    """A network to be compared with another of its dataset: on the other's training images.

    Its split stays its own: on another it would be measured on validation images that it was trained on
    (see `report.refuse_different_images`).
    """
    return replace(model, transfer=first.transfer)


def _of_card(card: teachers.TeacherCard, path: Path) -> InferenceModel:
    return InferenceModel(
        key=f"teacher:{card.name}",
        role="teacher",
        title=card.name,
        network=card.network,
        dataset=card.dataset,
        image_size=card.shape[-1],
        split_seed=card.experiment["split_seed"],
        shape=card.shape,
        classes=card.classes,
        mean=card.mean,
        std=card.std,
        path=path,
        digest=card.weights,
        inputs=_told(card),
        owner=card.owner,
    )


def _told(card: teachers.TeacherCard) -> str:
    return json.dumps(card.inputs, sort_keys=True) if card.inputs else ""


def _of_role(run: Run, role: str, about: Mapping[str, Any], runs_folder: Path) -> InferenceModel | None:
    network, inputs = run.results[role]["network"], ""
    if role == "teacher":
        card = _teacher_of(run, runs_folder)
        path = _weights(card.name, runs_folder) if card else None
        inputs = _told(card) if card else ""
        digest, title = (card.weights, run.experiment.teacher) if card else ("", "")
    else:
        path, title = runs_folder / run.id / f"{role}.safetensors", network
        digest = _digest(path)
    if path is None or not digest:
        return None
    channels, height, width = about["shape"]
    return InferenceModel(
        key=f"run:{run.id}:{role}",
        role=role,
        title=title,
        network=network,
        dataset=about["name"],
        image_size=width,
        split_seed=run.experiment.split_seed,
        shape=(channels, height, width),
        classes=tuple(about["classes"]),
        mean=tuple(about.get("mean", ())),
        std=tuple(about.get("std", ())),
        path=path,
        digest=digest,
        transfer=_transfer(run.experiment),
        inputs=inputs,
    )


def _teacher_of(run: Run, runs_folder: Path) -> teachers.TeacherCard | None:
    """The card of the teacher that the run had; None where it is gone, or another now has its name."""
    said = run.results["teacher"]
    for card in _candidates(run, runs_folder):
        # An older record does not tell the weights: a teacher trained alike on other images erred otherwise.
        told = (
            ("weights", card.weights) if "weights" in said else ("val_errors", card.validation.get("errors"))
        )
        if said[told[0]] == told[1]:
            return card
    return None


def _candidates(run: Run, runs_folder: Path) -> Iterator[teachers.TeacherCard]:
    """A teacher of the name that the run gave, then those kept for its teacher's fields."""
    prefix = f"{run.experiment.teacher_hash}-"
    kept = (path.stem for path in sorted(teachers.kept_folder(runs_folder).glob(f"{prefix}*.json")))
    sources: list[Callable[[], teachers.TeacherCard | None]] = [
        lambda: teachers.find(run.experiment.teacher, runs_folder),
        *(partial(teachers.kept, run.experiment, stem.removeprefix(prefix), runs_folder) for stem in kept),
    ]
    for source in sources:
        with suppress(TeacherUnavailable):
            if (card := source()) is not None:
                yield card


def _weights(name: str, runs_folder: Path) -> Path | None:
    """Where a teacher's weights lie."""
    for folder in teachers.all_folders(runs_folder):
        if (path := folder / f"{name}.safetensors").is_file():
            return path
    return None


def _transfer(experiment: Experiment) -> str:
    flat, plain = experiment.flat(), Experiment().flat()
    chosen = {name: flat[name] for name in TRANSFER_FIELDS}
    if experiment.train_on_validation:
        chosen["train_on_validation"] = True
    whole = all(value == plain[name] for name, value in chosen.items() if name != "noise_seed")
    return "" if whole else json.dumps(chosen, sort_keys=True)


def _digest(path: Path) -> str:
    """The sha256 of a file, empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return _digest_of(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _digest_of(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- running them ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def network(model: InferenceModel) -> nn.Module:
    """The network with its weights, in eval mode, on the processor; the same object for every caller.

    Raises:
        NetworkRefused: it is no network but a table of recorded answers.
        TeacherUnavailable: its weights are gone, altered, or those of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    from kdcore import networks
    from kdcore.networks.brought_networks import built_onnx

    if model.is_recorded:
        raise NetworkRefused(RECORDED_ONLY.format(title=model.title))
    try:
        content = model.path.read_bytes()
    except OSError as error:
        raise TeacherUnavailable(
            f"The weights of '{model.title}' cannot be read ({error.strerror}). Train it again."
        ) from error
    if hashlib.sha256(content).hexdigest() != model.digest:
        raise TeacherUnavailable(
            f"The weights of '{model.title}' were altered or cut short since they were looked up. "
            "Load the page again, or train it again.",
            where=model.path,
        )
    if model.network == teachers.ONNX:
        return built_onnx(load(content), json.loads(model.inputs), model.shape, *moments(model)).eval()
    built = _built(model)
    try:
        built.load_state_dict(
            {n: t.float() if t.is_floating_point() else t for n, t in load(content).items()}
        )
    except (RuntimeError, SafetensorError) as error:
        raise TeacherUnavailable(
            f"The weights of '{model.title}' do not fit the network {model.network}. Train it again."
        ) from error
    return networks.placed(built, model.network, "cpu").eval().requires_grad_(False)


def _built(model: InferenceModel) -> nn.Module:
    """The network without its weights."""
    from kdcore import networks

    if model.inputs:
        networks.register(model.network, json.loads(model.inputs), *moments(model))
    return networks.build(model.network, model.shape, len(model.classes), seed=0)


def infer(model: InferenceModel, images: NDArray[np.float32]) -> NDArray[np.float64]:
    """The network's logits [n, C] for images [n, channels, h, w], black being 0 and white 1.

    Raises:
        NetworkRefused: images of another shape.
        TeacherUnavailable: its weights are gone, altered, or those of another network.
        DataUnavailable: no record tells its training images' mean, and its dataset is not here.
    """
    if images.shape[1:] != model.shape:
        wanted, given = (" × ".join(map(str, shape)) for shape in (model.shape, images.shape[1:]))
        raise NetworkRefused(
            f"'{model.title}' sees images of {wanted} (channels, height, width), not of {given}."
        )
    import torch

    from kdcore.metrics import evaluation

    mean, std = (np.array(of, np.float32).reshape(1, -1, 1, 1) for of in moments(model))
    seen = torch.from_numpy(np.ascontiguousarray((images.astype(np.float32) - mean) / std))
    logits: NDArray[np.float64] = evaluation.evaluate(network(model), seen).double().numpy()
    return logits


def moments(model: InferenceModel) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of the network's training images, per channel.

    Raises:
        DataUnavailable: no record tells them, and the dataset is not here.
    """
    if model.mean and model.std:
        return model.mean, model.std
    return _dataset_moments(model.dataset, model.image_size, model.split_seed)


@lru_cache(maxsize=32)
def _dataset_moments(
    dataset: str, image_size: int, split_seed: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from kdcore.data import datasets

    loaded = datasets.load(dataset, image_size=image_size, split_seed=split_seed, download=False)
    return loaded.mean, loaded.std
