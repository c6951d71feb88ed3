"""The small pictures that appear over the points of the feature map."""

from __future__ import annotations

import base64
import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.data.compared_networks import ComparedNetworks
from kdcore.data.image_urls import png_url
from kdcore.inference import output_cache

QUALITY = 60


@lru_cache(maxsize=8)
def thumbnails(compared: ComparedNetworks) -> list[str]:
    """The images that are projected, whatever the method: half the time of a map."""
    return [
        thumbnail(compared.pixels[i])
        for i in output_cache.sample_rows(compared.count, output_cache.MAX_PROJECTED)
    ]


def thumbnail(pixels: NDArray[np.uint8]) -> str:
    """A data URL of one image: PNG, or WebP for a coloured one, which takes a fifth of the room."""
    if len(pixels) == 1:
        return png_url(pixels)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(
        buffer, "WEBP", quality=QUALITY, method=0
    )
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
