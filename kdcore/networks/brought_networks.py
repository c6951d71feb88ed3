"""Networks of teachers that somebody brought along as a file: built from their card, and known to this process under the card's name for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import teachers
from kdcore.errors import TeacherUnavailable
from kdcore.networks.adapted_network import Adaptation, AdaptedNetwork
from kdcore.networks.given_networks import add_entry, given
from kdcore.networks.network_entry import NetworkEntry, Shape
from kdcore.networks.onnx_network import OnnxNetwork
from kdcore.networks.pretrained_architectures import ARCHITECTURES, published_architecture
from kdcore.networks.table import TABLE, entry_of

ONNX_TENSOR = "onnx"
"""Under which the bytes of an ONNX file are kept."""
PUBLISHED = "torchvision."
"""Begins the name of a network as torchvision publishes it, where the table has another of that name."""
AT = "@"
"""Between a network's name and the card's: no name that somebody types has it, so that no student is built as one."""


def adaptation_of(inputs: Mapping[str, Any], mean: tuple[float, ...], std: tuple[float, ...]) -> Adaptation:
    """What a card says of how its network sees; mean, std: by which the dataset normalises its images."""
    return Adaptation(
        seen_mean=tuple(mean),
        seen_std=tuple(std),
        mean=tuple(inputs["mean"]),
        std=tuple(inputs["std"]),
        size=inputs.get("size", 0),
        colour=inputs.get("colour", ""),
        columns=tuple(inputs["columns"]),
        floor=inputs["floor"] if inputs.get("answers") == "probabilities" else 0.0,
    )


def architecture(name: str, shape: Shape, answers: int) -> nn.Module:
    """A network of the table, or one as torchvision publishes it (`torchvision.resnet18`), that gives so many answers.

    Raises:
        TeacherUnavailable: there is none of that name.
    """
    if name.startswith(PUBLISHED) and name.removeprefix(PUBLISHED) in ARCHITECTURES:
        return published_architecture(name.removeprefix(PUBLISHED), answers)
    entry = entry_of(name)
    if entry is None or given(name) is not None:
        known = ", ".join(sorted({*TABLE, *ARCHITECTURES}))
        raise TeacherUnavailable(
            f"'{name}' is no network whose weights are read here. There are mlp-WIDTH[xDEPTH] and {known}."
        )
    return entry.make(shape, answers)


def register(
    network: str, inputs: Mapping[str, Any], mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    """Let the network of a card (its `network`, `inputs`, `mean` and `std`) be built here, described and tapped as any other."""
    if network == teachers.ONNX or AT not in network or given(network) is not None:
        return
    name, adaptation = network.partition(AT)[0], adaptation_of(inputs, mean, std)

    def build(shape: Shape, classes: int) -> nn.Module:
        return AdaptedNetwork(architecture(name, adaptation.shape(shape), inputs["of"]), adaptation)

    add_entry(network, NetworkEntry(name, "own", 1, build))


def built_onnx(
    tensors: Mapping[str, Tensor],
    inputs: Mapping[str, Any],
    shape: Shape,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> AdaptedNetwork:
    """A teacher that is an ONNX file, for images of this shape, which are normalised so."""
    adaptation = adaptation_of(inputs, mean, std)
    return AdaptedNetwork(
        OnnxNetwork(tensors[ONNX_TENSOR].numpy().tobytes(), adaptation.shape(shape)), adaptation
    )


def as_tensor(content: bytes) -> Tensor:
    """A file's bytes as a tensor [n] in uint8, to be kept as weights are."""
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
