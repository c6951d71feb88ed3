"""A network as PyTorch's own graph (`torch.export.ExportedProgram`), from which other graphs are made."""

from __future__ import annotations

import torch
from torch.export import Dim, ExportedProgram

from kdcore.errors import NetworkRefused
from kdcore.export.network_with_normalisation import with_normalisation
from kdcore.export.output_check import probe_images
from kdcore.export.torch_warnings import without_torch_warnings
from kdcore.inference.models import InferenceModel


def exported_program(model: InferenceModel) -> ExportedProgram:
    """The graph of a network that takes any number of images as pixels.

    Raises:
        NetworkRefused: PyTorch cannot trace the network.
    """
    try:
        with without_torch_warnings():
            return torch.export.export(
                with_normalisation(model),
                (probe_images(model),),
                dynamic_shapes=({0: Dim("images", min=1)},),
            )
    except (torch._dynamo.exc.TorchDynamoException, RuntimeError, ValueError) as error:
        raise NetworkRefused(
            f"PyTorch cannot export {model.network} as a graph ({_first_line(error)}). Take its weights as safetensors."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
