"""A network from a file becomes a teacher: its weights or its ONNX file are read, it is asked about images, and kept under a name."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import teachers
from kdcore.data import datasets
from kdcore.data.answer_values import chosen_columns
from kdcore.data.datasets import Dataset, Split
from kdcore.errors import NetworkRefused, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.metrics import classification
from kdcore.metrics.evaluation import evaluate
from kdcore.networks.adapted_network import AdaptedNetwork
from kdcore.networks.brought_networks import AT, ONNX_TENSOR, adaptation_of, as_tensor
from kdcore.networks.onnx_network import OnnxNetwork
from kdcore.pipelines.brought_teacher import TeacherDescription, TeacherTrial
from kdcore.pipelines.fitted_weights import COLOUR_CHANNELS, fitted_weights
from kdcore.pipelines.teacher_trial import trial
from kdcore.texts import N_

ASKED = 60
"""Validation images that a network is asked about before it counts."""
NORMALISATION = N_(
    "Say how it normalises its images: --mean 0.49,0.48,0.45 --std 0.25,0.24,0.26, or --mean 0 --std 1 where it takes them from 0 (black) "
    "to 1 (white). With another normalisation than its own a network errs without a word."
)


@dataclass(frozen=True)
class TriedNetwork:
    """A network from a file that was asked about some validation images.

    inputs: what its card will say of it. network: what it is called, without the hash that a card's name for it ends with. tensors: as
    they are kept.
    """

    dataset: Dataset
    inputs: dict[str, Any]
    network: str
    tensors: dict[str, Tensor]
    parameters: int
    asked: Split
    logits: Tensor
    notes: tuple[str, ...]

    def trial(self) -> TeacherTrial:
        """What it says of three of them."""
        return trial(self.dataset, self.asked, self.logits, self.notes)


def try_network(path: Path, said: TeacherDescription, data_folder: Path) -> TriedNetwork:
    """Read a safetensors or ONNX file and ask it about images.

    Raises:
        TeacherUnavailable: it is none, its weights are of another network, or something that it needs was not said.
        NetworkRefused: it is hostile, or cannot take these images.
        DataUnavailable: the dataset is not here.
    """
    dataset = datasets.load(said.dataset, folder=data_folder, image_size=said.image_size, download=False)
    notes: list[str] = []
    content = path.read_bytes()
    name, inner, said, parameters = _read(path, content, said, dataset, notes)
    if not said.mean:
        raise TeacherUnavailable(NORMALISATION)
    inputs = _told(said, dataset)
    width = _answers(
        inner, adaptation_of(inputs | {"columns": (0,)}, dataset.mean, dataset.std).shape(dataset.shape)
    )
    inputs |= {
        "file": hashlib.sha256(content).hexdigest(),
        "of": width,
        "columns": [*chosen_columns(dataset.classes, width, (), said.columns)],
    }
    adapted = AdaptedNetwork(inner, adaptation_of(inputs, dataset.mean, dataset.std)).eval()
    asked = _evenly(dataset.validation)
    logits = evaluate(adapted, asked.images, batch=16).float()
    _refuse_infinite(logits)
    notes += _answer_notes(adapted, asked, inputs)
    tensors = (
        {ONNX_TENSOR: as_tensor(content)}
        if name == teachers.ONNX
        else {f"inner.{key}": tensor for key, tensor in inner.state_dict().items()}
    )
    return TriedNetwork(dataset, inputs, name, tensors, parameters, asked, logits, tuple(notes))


def keep_network(tried: TriedNetwork, name: str, runs_folder: Path, owner: str = "") -> teachers.TeacherCard:
    """Keep it as a teacher; returns its card, whose name ends with its content's hash.

    Raises:
        OutOfResources: the runs folder cannot be written.
    """
    dataset = tried.dataset
    mark = hashlib.sha256(json.dumps(tried.inputs, sort_keys=True).encode()).hexdigest()[:8]
    experiment = Experiment().with_flat(dataset=dataset.name, image_size=max(8, min(dataset.shape[-1], 256)))
    errors = classification.errors(tried.logits, tried.asked.labels)
    card = teachers.TeacherCard(
        name=name,
        network=tried.network if tried.network == teachers.ONNX else f"{tried.network}{AT}{mark}",
        dataset=dataset.name,
        dataset_title=dataset.title,
        shape=dataset.shape,
        classes=dataset.classes,
        experiment=experiment.model_dump(mode="json"),
        validation={"errors": errors, "images": len(tried.asked)},
        test={},
        parameters=tried.parameters,
        weights="",
        mean=dataset.mean,
        std=dataset.std,
        inputs=tried.inputs,
        owner=owner,
    )
    return teachers.save_by_content(card, tried.tensors, runs_folder / "teachers")


def _read(
    path: Path, content: bytes, said: TeacherDescription, dataset: Dataset, notes: list[str]
) -> tuple[str, nn.Module, TeacherDescription, int]:
    """What the network is called, the network, what was said of it, completed by the file, and how many parameters it has."""
    if path.suffix.lower() == ".onnx":
        from_file, completed = _onnx(content, said, dataset, notes)
        return teachers.ONNX, from_file, completed, int(from_file.facts["parameters"])
    name, network, completed = fitted_weights(content, said, dataset.shape, notes)
    return name, network, completed, sum(each.numel() for each in network.parameters())


def _onnx(
    content: bytes, said: TeacherDescription, dataset: Dataset, notes: list[str]
) -> tuple[OnnxNetwork, TeacherDescription]:
    """The network of an ONNX file, and what was said of it with what the file itself says of its size."""
    facts = OnnxNetwork(content, (0, 0, 0)).facts
    if facts["height"] != facts["width"]:
        raise NetworkRefused(
            f"The network looks at images of {facts['height']} x {facts['width']} pixels. Images are square here."
        )
    if not said.size and facts["height"] not in (0, dataset.shape[-1]):
        said = said.model_copy(update={"size": facts["height"]})
        side = facts["height"]
        notes.append(N_(f"Its file asks for {side} pixels: the images are resized to that."))
    if not said.colour and facts["channels"] not in (0, dataset.shape[0]):
        said = said.model_copy(update={"colour": "grey" if facts["channels"] == 1 else "rgb"})
    shape = adaptation_of(
        _told(said.model_copy(update={"mean": (0.0,), "std": (1.0,)}), dataset) | {"columns": ()}, (), ()
    ).shape(dataset.shape)
    return OnnxNetwork(content, shape), said


def _told(said: TeacherDescription, dataset: Dataset) -> dict[str, Any]:
    """What the card will say: a number for each channel of what the network sees."""
    channels = COLOUR_CHANNELS.get(said.colour, dataset.shape[0])
    if len(said.mean) not in (1, channels):
        raise TeacherUnavailable(
            f"Its images have {channels} channels, and mean and std have {len(said.mean)} numbers: give one for each, or one for all."
        )
    told = said.model_dump(mode="json", exclude={"split", "columns", "network", "image_size"})
    times = channels if len(said.mean) == 1 else 1
    return told | {
        "mean": list(said.mean) * times,
        "std": list(said.std) * times,
        "answers": said.answers or "logits",
    }


def _answers(inner: nn.Module, shape: tuple[int, int, int]) -> int:
    """How many answers it gives to an image.

    Raises:
        NetworkRefused: it cannot take such images, or gives something else.
    """
    try:
        with torch.inference_mode():
            said = inner.eval()(torch.zeros(2, *shape))
    except (RuntimeError, TypeError, ValueError) as error:
        sizes = " x ".join(map(str, shape))
        raise NetworkRefused(
            f"The network cannot take images of {sizes} (channels, height, width): {str(error).splitlines()[0]}"
        ) from error
    if said.ndim != 2 or len(said) != 2:
        raise NetworkRefused(
            f"The network gives {' x '.join(map(str, said.shape))} numbers for two images. A teacher gives a row for each, a number a class."
        )
    return int(said.shape[1])


def _evenly(split: Split) -> Split:
    """Some of a split's images, spread over it: those of a folder lie class by class."""
    rows = torch.linspace(0, len(split) - 1, min(ASKED, len(split))).round().long()
    return Split(split.images[rows], split.labels[rows])


def _refuse_infinite(logits: Tensor) -> None:
    if not logits.isfinite().all():
        raise NetworkRefused(
            N_("The network answers with numbers that are not finite. Check its mean, std and size.")
        )


@torch.inference_mode()
def _answer_notes(adapted: AdaptedNetwork, asked: Split, inputs: dict[str, Any]) -> Sequence[str]:
    """What was made of its answers, and whether they look like what was said."""
    answers = adapted.inner(adapted.as_it_sees(asked.images[:16])).float()
    sums = answers.sum(dim=1)
    are_shares = bool((answers >= 0).all()) and bool(((sums - 1).abs() < 0.01).all())
    if inputs["answers"] == "counts":
        raise TeacherUnavailable(N_("A network answers logits or probabilities. Say which (--answers)."))
    if inputs["answers"] == "probabilities":
        if not are_shares:
            raise TeacherUnavailable(
                N_("Its answers are no probabilities: they do not add up to 1. Say --answers logits.")
            )
        least = f"{math.log(inputs['floor']):.1f}"
        return [N_(f"It answers probabilities: their logarithms are the logits, none below {least}.")]
    if are_shares:
        return [
            N_(
                "Its answers add up to 1, as probabilities do: if they are, say --answers probabilities, or T does not mean what it says."
            )
        ]
    return []
