"""What a dry run of a network tells: the size of its features, and which weights they depend on."""

from __future__ import annotations

from functools import lru_cache

import torch

from kdcore.networks.builder import build
from kdcore.networks.feature_points import Taps, points_of
from kdcore.networks.network_entry import Shape


@lru_cache(maxsize=128)
def feature_shapes(name: str, shape: Shape, classes: int) -> dict[str, tuple[int, ...]]:
    """The size of one image's features at every point, and of its `logits`, found by a dry run.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = build(name, shape, classes, seed=0).eval()
    with torch.inference_mode(), Taps(network, points_of(network)) as features:
        logits = network(torch.zeros(1, *shape))
    return {point: tuple(f.shape[1:]) for point, f in features.items()} | {"logits": tuple(logits.shape[1:])}


@lru_cache(maxsize=128)
def weights_before(name: str, point: str, shape: Shape, classes: int) -> frozenset[str]:
    """The names of the parameters that the features at a point depend on, found by a dry run.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = build(name, shape, classes, seed=0).eval()
    with Taps(network, (point,)) as features:
        network(torch.zeros(1, *shape))
    named = dict(network.named_parameters())
    gradients = torch.autograd.grad(features[point].sum(), list(named.values()), allow_unused=True)
    return frozenset(n for n, gradient in zip(named, gradients, strict=True) if gradient is not None)
