"""Weights of a safetensors file, fitted to the network that they are said to be of: the table's, or torchvision's as it is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.errors import StillroomError, TeacherUnavailable
from kdcore.networks.brought_networks import PUBLISHED, architecture
from kdcore.networks.network_entry import Shape
from kdcore.networks.pretrained_architectures import ARCHITECTURES, IMAGENET_MEAN, IMAGENET_STD, SIDE
from kdcore.pipelines.brought_teacher import TeacherDescription
from kdcore.texts import N_

COLOUR_CHANNELS = {"rgb": 3, "bgr": 3, "grey": 1}
WRAPPERS = ("module.", "model.", "_orig_mod.", "network.", "state_dict.")
"""What other programs put before the names of a network's weights."""


def fitted_weights(
    content: bytes, said: TeacherDescription, shape: Shape, notes: list[str]
) -> tuple[str, nn.Module, TeacherDescription]:
    """What the network is called, the network with its weights in eval mode, and what was said of it, completed.

    shape: of the dataset's images. notes: gets what was made of the file, in sentences.

    Raises:
        TeacherUnavailable: the file is damaged, or its weights are of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not said.network:
        known = ", ".join([*ARCHITECTURES, "mlp-300", "cnn-small"])
        raise TeacherUnavailable(
            f"Say which network these weights are of (--network NAME): one that python -m kdcore networks lists, or torchvision's {known}."
        )
    try:
        weights = _unwrapped({n: t.float() if t.is_floating_point() else t for n, t in load(content).items()})
    except (SafetensorError, ValueError) as error:
        raise TeacherUnavailable(f"The file cannot be read as safetensors: {error}.") from error
    failures: list[str] = []
    for name, about in _candidates(said):
        seen = (COLOUR_CHANNELS.get(about.colour, shape[0]), about.size or shape[1], about.size or shape[2])
        try:
            network = _loaded(name, seen, weights)
        except (RuntimeError, StillroomError) as error:
            failures.append(str(error).splitlines()[-1].strip().rstrip("."))
            continue
        if name.startswith(PUBLISHED) and not (said.mean and said.size):
            notes.append(_usual(about))
        return name, network, about
    raise TeacherUnavailable(f"These are no weights of {said.network} for such images: {failures[0]}.")


def _candidates(said: TeacherDescription) -> Iterator[tuple[str, TeacherDescription]]:
    """The networks that the name may mean; torchvision's see images as ImageNet's where nothing else is said."""
    bare = said.network.removeprefix(PUBLISHED)
    if networks.is_network(said.network):
        yield said.network, said
    if bare in ARCHITECTURES:
        changes: dict[str, object] = {"size": said.size or SIDE, "colour": said.colour or "rgb"}
        if not said.mean:
            changes |= {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
        yield f"{PUBLISHED}{bare}", said.model_copy(update=changes)
    elif not networks.is_network(said.network):
        yield said.network, said  # refused, in the sentence that lists what there is


def _usual(about: TeacherDescription) -> str:
    mean, std = (", ".join(f"{value:g}" for value in values) for values in (about.mean, about.std))
    return N_(
        f"It sees the images at {about.size} pixels, in {about.colour}, less {mean}, divided by {std}, as torchvision's networks do where nothing "
        "else is said."
    )


def _loaded(name: str, shape: Shape, weights: Mapping[str, Tensor]) -> nn.Module:
    with torch.device("meta"):
        answers = _answers(architecture(name, shape, 10), weights)
    network = architecture(name, shape, answers)
    network.load_state_dict(dict(weights))
    return network.eval().requires_grad_(False)


def _answers(empty: nn.Module, weights: Mapping[str, Tensor]) -> int:
    """How many answers the weights are for: the rows of the last layer, whose name the network knows."""
    last = [name for name, module in empty.named_modules() if isinstance(module, nn.Linear)][-1]
    found = weights.get(f"{last}.weight")
    if found is None or found.ndim != 2:
        raise TeacherUnavailable(f"There is no '{last}.weight' among them")
    return len(found)


def _unwrapped(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without what stands before every name."""
    for wrapper in WRAPPERS:
        if weights and all(name.startswith(wrapper) for name in weights):
            return _unwrapped({name.removeprefix(wrapper): tensor for name, tensor in weights.items()})
    return weights
