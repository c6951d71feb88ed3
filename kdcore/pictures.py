"""Images as the browser shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor


def data_url(image: Tensor, mean: Sequence[float], std: Sequence[float]) -> str:
    """A PNG data URL of one normalised image [channels, height, width] with 1 or 3 channels."""
    channels = len(mean)
    pixels = image.cpu() * torch.tensor(std).view(channels, 1, 1) + torch.tensor(mean).view(channels, 1, 1)
    pixels = (pixels.clamp(0, 1) * 255).round().to(torch.uint8)
    array = pixels[0].numpy() if channels == 1 else pixels.permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
