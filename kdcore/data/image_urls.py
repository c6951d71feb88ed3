"""Images as the browser shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor


def data_url(image: Tensor, mean: Sequence[float], std: Sequence[float]) -> str:
    """A PNG data URL of one normalised image [channels, height, width] with 1 or 3 channels."""
    import torch

    channels = len(mean)
    pixels = image.cpu() * torch.tensor(std).view(channels, 1, 1) + torch.tensor(mean).view(channels, 1, 1)
    pixels = (pixels.clamp(0, 1) * 255).round().to(torch.uint8)
    return png_url(pixels.numpy())


def stretched_url(image: Tensor) -> str:
    """A PNG data URL of one image [channels, height, width] whose smallest number is black and whose largest is full."""
    import torch

    low, high = image.min(), image.max()
    share = (image - low) / (high - low).clamp(min=1e-12)
    return png_url((share.float().cpu() * 255).round().to(torch.uint8).numpy())


def png_url(pixels: NDArray[np.uint8]) -> str:
    """A PNG data URL of one image [channels, height, width] with 1 or 3 channels, from 0 (black) to 255."""
    array = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
