"""The program that makes a photo fit for an exported network, as the app does with what is uploaded: its own functions, without the rest.

A network reads one's own digit well or badly by how it is laid out: which is ink and which is ground, how large, and where.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from kdcore.data import drawn_digits, image_folder, uploads

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

FILE_NAME = "prepare_photo.py"
INKED = ("mnist", "digits", "drawn", "kmnist")
"""Datasets of what was written: light ink on a dark ground."""
INK_FUNCTIONS = (
    uploads._ink,
    uploads._is_dark_on_light,
    uploads._without_strokes,
    uploads._levels,
    uploads._without_dirt,
    uploads._thickened,
    drawn_digits.centred,
    drawn_digits._centre_of_mass,
)
INK_CONSTANTS = (
    "FAINTEST", "SPECK", "DRAWING", "BROADEST", "SURROUNDINGS", "COARSE", "THINNEST", "SIDE", "BOX",
)  # fmt: skip
HEAD = '''"""Makes a photo fit for {network}, trained on {dataset}: `pixels` for the exported network.

    pip install numpy pillow scipy
    python prepare_photo.py photo.jpg

{layout}
"""

import math
import sys

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]


class PictureRefused(ValueError):
    """Nothing stands out from the ground."""


BLANK = {blank!r}
'''
PREPARE_INK = '''def prepare(path: str) -> Floats:
    """A photo of something written as float32 [1, 1, {side}, {side}], 0 the ground and 1 the ink."""
    with Image.open(path) as photo:
        upright = plain(ImageOps.exif_transpose(photo), 1)
    upright.thumbnail(({longest}, {longest}), Image.Resampling.BOX)
    ink = _ink(np.asarray(upright, dtype=np.float32) / np.float32(255))
    return centred(ink, {side}, {box})[None, None]
'''
PREPARE_PICTURE = '''def prepare(path: str) -> Floats:
    """A photo as float32 [1, {channels}, {side}, {side}], 0 black and 1 white."""
    with Image.open(path) as photo:
        upright = plain(ImageOps.exif_transpose(photo), {channels})
    upright.thumbnail(({longest}, {longest}), Image.Resampling.BOX)
    fitted = ImageOps.fit(upright, ({side}, {side}), Image.Resampling.BILINEAR)
    pixels = np.asarray(fitted, dtype=np.float32).reshape({side}, {side}, {channels}) / np.float32(255)
    return pixels.transpose(2, 0, 1)[None]
'''
TAIL = """if __name__ == "__main__":
    pixels = prepare(sys.argv[1])
    print(f"{pixels.shape} from {pixels.min():.2f} to {pixels.max():.2f}")
    np.save("pixels.npy", pixels)
"""


def layout(model: InferenceModel) -> dict[str, str]:
    """How the network's images are laid out: ink and ground, centring, and size, each in words."""
    side = model.shape[-1]
    size = f"{side} x {side} pixels, resized without distortion"
    if not is_inked(model):
        return {
            "ink": "none: the picture as it is, 0 black and 1 white",
            "centring": "none: the middle square of the picture",
            "size": size,
        }
    box = _box(side)
    place = (
        f"the longer side of the ink is {box} of {side} pixels, its centre of mass at pixel {side // 2} of 0 to {side - 1}"
        if box < side
        else f"the longer side of the ink fills the {side} pixels"
    )
    return {
        "ink": "white on black: 1 is the ink and 0 the ground; what is dark on light is turned round",
        "centring": place,
        "size": size,
    }


def is_inked(model: InferenceModel) -> bool:
    """Whether the network's images are of something written."""
    return model.shape[0] == 1 and model.dataset in INKED


def photo_preparation(model: InferenceModel) -> str:
    """The program's source: `prepare(path)` gives what the exported network takes as `pixels`."""
    channels, side = model.shape[0], model.shape[-1]
    longest = 4 * max(side, uploads.WORKED_ON // 4)
    said = "\n".join(f"{name}: {text}." for name, text in layout(model).items())
    head = HEAD.format(network=model.network, dataset=model.dataset, layout=said, blank=uploads.BLANK)
    inked = is_inked(model)
    constants = "\n".join(f"{name} = {getattr(uploads, name)!r}" for name in INK_CONSTANTS) if inked else ""
    functions = [image_folder.plain, *(INK_FUNCTIONS if inked else ())]
    template = PREPARE_INK if inked else PREPARE_PICTURE
    prepare = template.format(channels=channels, side=side, box=_box(side), longest=longest)
    sources = [_plain_source(inspect.getsource(function)) for function in functions]
    parts = [head + constants, *sources, prepare, TAIL]
    return "\n\n\n".join(part.strip() for part in parts) + "\n"


def _box(side: int) -> int:
    return round(side * drawn_digits.BOX / drawn_digits.SIDE) if side >= drawn_digits.BOX else side


def _plain_source(source: str) -> str:
    """Without the mark of texts that are translated."""
    return re.sub(r'\bN_\((".*?")\)', r"\1", source)
