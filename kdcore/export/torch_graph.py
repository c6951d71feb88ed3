"""A network as PyTorch's own graph, from which other graphs are made."""

from __future__ import annotations

import torch
from torch.export import Dim, ExportedProgram

from kdcore.errors import NetworkRefused
from kdcore.export.pixel_network import on_pixels, probes, quietly
from kdcore.inference.models import InferenceModel


def program(knower: InferenceModel) -> ExportedProgram:
    """The graph of a network that takes any number of images as pixels.

    Raises:
        NetworkRefused: PyTorch cannot follow the network.
    """
    try:
        with quietly():
            return torch.export.export(
                on_pixels(knower), (probes(knower),), dynamic_shapes=({0: Dim("images", min=1)},)
            )
    except (torch._dynamo.exc.TorchDynamoException, RuntimeError, ValueError) as error:
        raise NetworkRefused(
            f"PyTorch cannot export {knower.network} as a graph ({_first_line(error)}). Take its weights as safetensors."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
