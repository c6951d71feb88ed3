"""Losses on how a network's answer changes with its image: the gradient with respect to the pixels."""

from __future__ import annotations

from torch import Tensor

SHORTEST = 1e-6
"""A gradient shorter than this counts as no direction: it is not stretched to unit length."""


def directions(gradients: Tensor) -> Tensor:
    """Each image's gradient scaled to length 1 over all pixels: [..., channels, height, width] gives [..., pixels].

    Source: Srinivas and Fleuret 2018, who divide both Jacobians by their length.
    """
    flat = gradients.flatten(-3)
    length: Tensor = flat.norm(dim=-1, keepdim=True)
    return flat / length.clamp(min=SHORTEST)


def input_gradients(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared distance of both gradients after each was scaled to length 1, averaged over images; 0 to 4.

    student: [K, N, channels, height, width]. teacher: [N, ...] or [K, N, ...], receives no gradient. Returns [K]. It is 2 - 2 cos of the
    angle between them, so that neither the networks' scales nor the number of pixels enter. Source: Srinivas and Fleuret
    2018; Czarnecki et al. 2017 match the gradients as they are.
    """
    return (directions(student) - directions(teacher.detach())).square().sum(dim=-1).mean(dim=-1)
