"""Augmentation of whole batches on the device: every image its own draw, no loop over images, no host in between.

Draws come from the generator's own device, so that a seed gives the same views on the processor and on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.errors import InvalidExperiment
from kdcore.recipe import Recipe


def refuse_misfit(recipe: Recipe, side: int) -> None:
    """Refuse a crop whose reflected edge would be wider than the image.

    Raises:
        InvalidExperiment: as said.
    """
    if recipe.crop >= side:
        raise InvalidExperiment(
            f"crop = {recipe.crop}: images of {side} pixels can be padded by at most {side - 1}. Choose a smaller crop."
        )


def augment(images: Tensor, recipe: Recipe, generator: torch.Generator, fill: Tensor) -> Tensor:
    """Mirror, crop, shift and blank out, as the recipe asks and in this order; the images themselves if it asks nothing.

    Args:
        images: [N, channels, h, w], normalised; not changed.
        recipe: flip (half of the images), crop (reflected padding, then a random window), shift (by up to so many
            pixels each way, `fill` moving in) and cutout (DeVries and Taylor 2017: a square around a random pixel
            becomes `fill`; what falls outside the image is lost).
        generator: where the draws come from.
        fill: [channels], a black pixel in normalised units.

    Returns:
        [N, channels, h, w].

    Raises:
        InvalidExperiment: a crop that does not fit the images.
    """
    fill = fill.to(images).view(1, -1, 1, 1)
    if recipe.flip:
        mirrored = _draw(2, (len(images), 1, 1, 1), generator, images.device).bool()
        images = torch.where(mirrored, images.flip(3), images)
    if recipe.crop:
        refuse_misfit(recipe, min(images.shape[2:]))
        images = _windows(F.pad(images, (recipe.crop,) * 4, mode="reflect"), recipe.crop, generator)
    if recipe.shift:
        images = _windows(_bordered(images, recipe.shift, fill), recipe.shift, generator)
    if recipe.cutout:
        images = torch.where(_squares(images, recipe.cutout, generator), fill, images)
    return images


def shifted_copies(images: Tensor, shift: int, fill: Tensor) -> Iterator[Tensor]:
    """The images [N, channels, h, w] moved by every whole number of pixels from -shift to shift, down and right: each of the
    (2 * shift + 1) ** 2 views that `augment` draws from, `fill` [channels] moving in.
    """
    height, width = images.shape[2:]
    bordered = _bordered(images, shift, fill.to(images).view(1, -1, 1, 1)) if shift else images
    for down, right in product(range(2 * shift + 1), repeat=2):
        yield bordered[:, :, down : down + height, right : right + width]


def mixup(images: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Mix every image with another of its batch (Zhang et al. 2018, one share a batch as in their code).

    Args:
        images: [N, channels, h, w].
        alpha: above 0; the share is drawn from Beta(alpha, alpha).
        generator: where the draws come from.

    Returns:
        share * images + (1 - share) * images[partner] [N, channels, h, w], partner [N], and share.
    """
    # PyTorch's own Beta takes no generator.
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))
    partner = torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)
    return torch.lerp(images[partner], images, share), partner, share


def _draw(bound: int, shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    return torch.randint(bound, shape, generator=generator, device=generator.device).to(device)


def _bordered(images: Tensor, width: int, fill: Tensor) -> Tensor:
    n, channels, h, w = images.shape
    bordered = fill.expand(n, channels, h + 2 * width, w + 2 * width).clone()
    bordered[:, :, width:-width, width:-width] = images
    return bordered


def _windows(padded: Tensor, width: int, generator: torch.Generator) -> Tensor:
    """A window of the unpadded size from every image, `width` being the padding on each side."""
    n, _, h, w = padded.shape
    down, right = _draw(2 * width + 1, (2, n), generator, padded.device)
    windows = padded.unfold(2, h - 2 * width, 1).unfold(
        3, w - 2 * width, 1
    )  # a view: [n, channels, down, right, h, w]
    return windows[torch.arange(n, device=padded.device), :, down, right]


def _squares(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """True [N, 1, h, w] inside a square around a random pixel of each image."""
    inside = []
    for length in images.shape[2:]:
        first = _draw(length, (len(images), 1), generator, images.device) - side // 2
        place = torch.arange(length, device=images.device)
        inside.append((place >= first) & (place < first + side))
    rows, columns = inside
    return (rows[:, :, None] & columns[:, None, :]).unsqueeze(1)
