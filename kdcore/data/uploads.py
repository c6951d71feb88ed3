"""Pictures that users hand in: an upload or a drawing, made fit for a network. No upload is trusted.

An upload's kind and size are read from its header before any pixel is decoded, and only PNG and JPEG are: Pillow's decoder of
WebP takes memory for the whole picture as it reads the header.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from kdcore.data.drawn_digits import BOX, SIDE, centred
from kdcore.data.image_folder import DAMAGE, LARGEST, plain
from kdcore.errors import PictureRefused
from kdcore.texts import N_

Floats = npt.NDArray[np.float32]
Shape = tuple[int, int, int]

MOST_BYTES = 10_000_000
WORKED_ON = 320
"""Longer side, in pixels, of the picture in which ink is looked for."""
LARGEST_CANVAS = 1024
FAINTEST = 0.06
"""Difference of ink and paper, white being 1, below which a picture counts as blank."""
SPECK = 0.03
"""Share of the largest piece of ink below which another piece is dirt."""
DRAWING = 0.2
"""Share of the largest piece from which a piece that keeps clear of the edge is the drawing."""
BROADEST = 0.25
"""Of a picture's longer side, broader than any stroke."""
SURROUNDINGS = 0.12
"""Of a picture's longer side: how far a stroke's surroundings go."""
COARSE = 64
"""Longer side, in pixels, of the picture in which strokes are wiped off."""
THINNEST = 2.0
"""Pixels of 28 that a pen is wide in MNIST; ink from a thin pen on a large sheet is thickened to it."""

TOO_MANY_BYTES = N_("The picture has more than 10 MB. Hand in a smaller one.")
TOO_MANY_PIXELS = N_("The picture has more than 25 megapixels. Make it smaller, then hand it in again.")
NO_PICTURE = N_("The file is not a PNG or JPEG picture. Save it as one of these, then hand it in again.")
DAMAGED = N_("The picture is damaged or cut short. Save it again, then hand it in.")
BLANK = N_(
    "The picture is blank: nothing on it stands out from its background. Hand in one with a clear drawing."
)
NO_CANVAS = N_("The drawing did not arrive whole. Draw it again.")


def picture(content: bytes, shape: Shape) -> Floats:
    """A file made fit for a network as float32 [channels, height, width] in 0 to 1.

    For one channel it is taken as something drawn: shading is removed, dark on light is turned round, and the ink is
    laid out as MNIST's is. For three, the middle square is resized. The first frame of an animation counts; pictures are
    turned as their EXIF data says and laid on white where they are transparent.

    Args:
        content: of a PNG or JPEG file.
        shape: channels (1 or 3), height and width, which are equal.

    Raises:
        PictureRefused: over 10 MB, over 25 megapixels, not a PNG or JPEG, damaged, or blank where ink is looked for.
    """
    channels, height, width = shape
    image = _decoded(content, channels, 4 * max(height, width, WORKED_ON // 4))
    if channels == 1:
        return _laid_out(_ink(_shares(image)), shape)
    fitted = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    return _shares(fitted).transpose(2, 0, 1)


def canvas(values: Sequence[float], side: int, shape: Shape = (1, SIDE, SIDE)) -> Floats:
    """A drawing made fit for a network as float32 [channels, height, width] in 0 to 1.

    Args:
        values: the ink of side x side pixels, row by row, 0 the ground and 255 the ink.
        side: of the canvas, in pixels.
        shape: what the network takes: channels (1 or 3), height and width, which are equal.

    Raises:
        PictureRefused: nothing is drawn, or the values are not numbers of a square canvas.
    """
    try:
        ink = np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise PictureRefused(NO_CANVAS) from error
    if not 0 < side <= LARGEST_CANVAS or ink.shape != (side * side,) or not np.isfinite(ink).all():
        raise PictureRefused(NO_CANVAS)
    return _laid_out(ink.reshape(side, side).clip(0, 255), shape)


def _laid_out(ink: Floats, shape: Shape) -> Floats:
    channels, side, _ = shape
    box = (
        round(side * BOX / SIDE) if side >= BOX else side
    )  # the 8 x 8 digits of scikit-learn fill their square
    return np.repeat(centred(ink, side, box)[None], channels, axis=0)


# ---- from a file to pixels ------------------------------------------------------------------------------------------


def _decoded(content: bytes, channels: int, longest: int) -> Image.Image:
    """The picture in grey or RGB, at most `longest` pixels wide and high."""
    if len(content) > MOST_BYTES:
        raise PictureRefused(TOO_MANY_BYTES)
    with _opened(content) as image:
        image.draft(None, (longest, longest))  # a large JPEG is decoded at a fraction of its size
        try:
            image.load()
            upright = plain(ImageOps.exif_transpose(image), channels)
        except DAMAGE as error:
            raise PictureRefused(DAMAGED) from error
    upright.thumbnail((longest, longest), Image.Resampling.BOX)
    return upright


def _opened(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except UnidentifiedImageError as error:
        raise PictureRefused(NO_PICTURE) from error
    except Image.DecompressionBombError as error:
        raise PictureRefused(TOO_MANY_PIXELS) from error
    except DAMAGE as error:
        raise PictureRefused(DAMAGED) from error
    if image.width * image.height > LARGEST:
        image.close()
        raise PictureRefused(TOO_MANY_PIXELS)
    return image


def _shares(image: Image.Image) -> Floats:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


# ---- from pixels to ink ---------------------------------------------------------------------------------------------


def _ink(grey: Floats) -> Floats:
    """How much ink there is on each pixel, 0 to 1, from a picture [h, w] that is dark on light or light on dark."""
    smooth = ndimage.median_filter(grey, 3) if min(grey.shape) > 2 * SIDE else grey
    above = -smooth if _is_dark_on_light(smooth) else smooth
    above = np.maximum(above - _without_strokes(above), 0)
    if np.ptp(above) < FAINTEST:
        raise PictureRefused(BLANK)
    ground, threshold, full = _levels(above)
    if full - ground < FAINTEST:
        raise PictureRefused(BLANK)
    low = (ground + threshold) / 2
    return _thickened(_without_dirt(np.clip((above - low) / (full - low), 0, 1)))


def _is_dark_on_light(grey: Floats) -> bool:
    """Whether what differs most from its surroundings is darker than they are; both sides of a shadow's edge weigh alike."""
    around = ndimage.gaussian_filter(grey, SURROUNDINGS * max(grey.shape))
    return bool(((grey - around) ** 3).sum() < 0)


def _without_strokes(above: Floats) -> Floats:
    """What is left of `above` once strokes are wiped off: light, shade and shadows are broader than any of them."""
    image = Image.fromarray(above)
    small = image.copy()
    small.thumbnail((COARSE, COARSE), Image.Resampling.BOX)
    broad = max(1, round(BROADEST * max(small.size)))
    wider = np.pad(
        np.asarray(small), broad, mode="edge"
    )  # a slope of light cut off there would pass for a stroke
    wiped = ndimage.grey_opening(wider, broad)[broad:-broad, broad:-broad]
    return np.asarray(Image.fromarray(wiped).resize(image.size, Image.Resampling.BILINEAR))


def _levels(above: Floats) -> tuple[float, float, float]:
    """The ground's level, Otsu's threshold, and the ink's level (Otsu, A threshold selection method, 1979)."""
    counts, edges = np.histogram(above, bins=256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = counts.cumsum()[:-1]
    over = above.size - below
    sums = (counts * middles).cumsum()
    between = below * over * (sums[:-1] / below - (sums[-1] - sums[:-1]) / over) ** 2
    k = int(between.argmax())
    return float(sums[k] / below[k]), float(edges[k + 1]), float((sums[-1] - sums[k]) / over[k])


def _without_dirt(ink: Floats) -> Floats:
    """Ink without its specks, and without what comes in over the picture's edge where there is a drawing besides.

    The darkest of what is left is 1: what came in over the edge may have set the ink's level.
    """
    pieces, count = ndimage.label(ink > 0, np.ones((3, 3)))
    mass = ndimage.sum_labels(ink, pieces, np.arange(count + 1))
    inner = mass.copy()
    inner[np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])] = 0
    if inner.max() >= DRAWING * mass.max():
        mass = inner
    kept: Floats = np.where((mass >= SPECK * mass.max())[pieces], ink, 0)
    darkest = kept.max()
    if darkest == 0:
        raise PictureRefused(BLANK)
    kept /= darkest
    return kept


def _thickened(ink: Floats) -> Floats:
    """Ink whose pen would be thinner than MNIST's once laid out, made as wide as that."""
    inside = ndimage.distance_transform_edt(np.pad(ink > 0.5, 1))
    crest = inside[(inside > 0) & (inside == ndimage.maximum_filter(inside, 3))]
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    missing = THINNEST / 2 * longer / BOX - (np.median(crest) - 0.5)
    if missing < 0.5:
        return ink
    ink = np.pad(ink, int(missing) + 2)
    outside = ndimage.distance_transform_edt(ink <= 0.5)
    thick: Floats = np.maximum(ink, np.clip(missing + 1 - outside, 0, 1)).astype(np.float32)
    return thick
