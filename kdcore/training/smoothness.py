"""The smoothness penalty: how much a network's logits change when its images are slightly disturbed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.plan import Output
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.data_stream import StreamBatch

DISTURBANCE = 0.1
"""Standard deviation of the noise under which logits are to stay the same, in units of the images' own."""


def squared_changes(
    active: ActiveGroups, batches: Sequence[StreamBatch], outputs: Sequence[Output]
) -> list[Tensor]:
    """By network group, the mean squared change [K] of the logits under noise, with its graph.

    Bishop 1995, Training with noise is equivalent to Tikhonov regularization, section 2, without his expansion.
    batches: one per data stream. outputs: of the undisturbed images, by network group.
    """
    seeds = [batch.noise_seed for batch in batches]
    images = [_disturbed(batch.inputs.images, batch.noise_seed) for batch in batches]
    with active.autocast():
        disturbed = [group.forward(images, (), seeds) for group in active.networks]
    return [
        (noisy.logits.float() - clean.logits).square().mean(dim=(1, 2))
        for noisy, clean in zip(disturbed, outputs, strict=True)
    ]


def _disturbed(images: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return images + DISTURBANCE * torch.randn(images.shape, generator=generator).to(images.device)
