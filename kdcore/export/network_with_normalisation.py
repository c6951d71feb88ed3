"""A trained network as others use it: it takes pixels, because its normalisation is part of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdcore.inference import models
from kdcore.inference.models import InferenceModel


class NetworkWithNormalisation(nn.Module):
    """A network after its normalisation: pixels [n, channels, height, width] from 0 (black) to 1 (white)."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits [n, classes]."""
        logits: Tensor = self.network((pixels - self.mean) / self.std)
        return logits


def with_normalisation(model: InferenceModel) -> NetworkWithNormalisation:
    """The network in eval mode, on the CPU, after its normalisation.

    Raises:
        TeacherUnavailable: its weights are gone or altered.
        DataUnavailable: no record tells its normalisation, and its dataset is not here.
    """
    network = NetworkWithNormalisation(models.network(model), *models.moments(model))
    return network.eval().requires_grad_(False)
