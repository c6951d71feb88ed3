"""The pictures of the first screen, each with the logits of every network on show: drawn here, of a dataset, or handed in.

A picture travels to the browser once, with its logits; what is shown of them at a temperature is made there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from dashboard.data.picture_sources import MORPHS
from dashboard.text.numbers import grouped, percentage
from dashboard.text.translation import _, language
from kdcore.data import catalogue, drawn_digits
from kdcore.data.image_urls import png_url
from kdcore.errors import DataUnavailable
from kdcore.inference import models, output_cache
from kdcore.inference.models import InferenceModel
from kdcore.runs.runs_folder import runs_folder

FRAMES = 41
MOST = 60
"""Pictures of a dataset that are sent at once."""
TEMPERATURES = tuple(float(f"{0.25 * 400 ** (i / 48):.4g}") for i in range(49))
"""0.25 to 100 in even steps of the logarithm: where the mean entropy is drawn."""


class SoftTargetPicture(TypedDict):
    """One picture: `src` a data URL, `label` a class or None, `logits` one row of C for each network."""

    src: str
    label: int | None
    title: str
    logits: list[list[float]]


@dataclass(frozen=True)
class PictureSet:
    """The pictures that are shown together.

    Attributes:
        images: each with its label, its title and one list of logits per network.
        mean_bits: per network, the mean entropy in bits at each of `TEMPERATURES`.
        mean_of: over which images the mean is taken; empty where there is none.
    """

    images: tuple[SoftTargetPicture, ...]
    mean_bits: tuple[tuple[float, ...], ...] = ()
    mean_of: str = ""


def morph(source: str, shown: tuple[InferenceModel, ...]) -> PictureSet:
    """The frames from one digit to another. The label is the nearer end's, as a person would have to choose it."""
    return _morph(source, shown, language())


@lru_cache(maxsize=64)
def _morph(source: str, shown: tuple[InferenceModel, ...], language: str) -> PictureSet:
    start, end = MORPHS[source]
    shares = [i / (FRAMES - 1) for i in range(FRAMES)]
    drawn = np.stack([drawn_digits.morph(start, end, share) for share in shares])[:, None]
    names = [start if share < 0.5 else end for share in shares]
    titles = [percentage(share, 0) for share in shares]
    return _pictures(drawn, names, titles, shown, mean_of=_("all pictures between these two"))


def handed_in(image: NDArray[np.float32], shown: Sequence[InferenceModel], title: str = "") -> PictureSet:
    """One picture [channels, h, w] that nobody has labelled."""
    return _pictures(image[None], [None], [title], shown)


def _pictures(
    images: NDArray[np.float32],
    labels: Sequence[int | None],
    titles: Sequence[str],
    shown: Sequence[InferenceModel],
    mean_of: str = "",
) -> PictureSet:
    answers = [models.infer(network, images) for network in shown]
    pixels = (images.clip(0, 1) * 255).round().astype(np.uint8)
    return PictureSet(
        _entries(pixels, labels, titles, answers),
        tuple(_mean_bits(logits) for logits in answers) if mean_of else (),
        mean_of,
    )


def _entries(
    pixels: NDArray[np.uint8],
    labels: Sequence[int | None],
    titles: Sequence[str],
    answers: Sequence[NDArray[Any]],
) -> tuple[SoftTargetPicture, ...]:
    return tuple(
        {
            "src": png_url(pixels[i]),
            "label": label,
            "title": title,
            "logits": [[float(z) for z in logits[i]] for logits in answers],
        }
        for i, (label, title) in enumerate(zip(labels, titles, strict=True))
    )


def _mean_bits(logits: NDArray[Any]) -> tuple[float, ...]:
    import torch

    from kdcore.metrics import dark_knowledge

    return tuple(dark_knowledge.mean_entropy_curve(torch.from_numpy(np.array(logits)), TEMPERATURES))


@dataclass(frozen=True)
class GalleryOrder:
    """Which of a dataset's images come first."""

    by: str
    pair: tuple[int, int]
    seed: int


def gallery(shown: tuple[InferenceModel, ...], split: str, order: GalleryOrder) -> PictureSet:
    """The first images of a split in that order; all outputs must be cached (see `InferenceClient.need`).

    Raises:
        DataUnavailable: they no longer are.
    """
    return _gallery(
        shown, split, order, tuple(output_cache.selection_of(one).key for one in shown), language()
    )


@lru_cache(maxsize=32)
def _gallery(
    shown: tuple[InferenceModel, ...],
    split: str,
    order: GalleryOrder,
    images_as_they_lie: tuple[str, ...],
    language: str,
) -> PictureSet:
    import torch

    from kdcore.metrics import image_order as orders

    folder, data_folder = runs_folder(), catalogue.data_folder()
    answers = [output_cache.cached_outputs(network, split, folder, data_folder) for network in shown]
    images = output_cache.cached_images(shown[0], split, folder, data_folder)
    if images is None or any(answer is None for answer in answers):
        raise DataUnavailable(_("The networks' answers are no longer there. Load the page again."))
    logits = [np.array(answer.logits) for answer in answers if answer is not None]
    tensors = [torch.from_numpy(one) for one in logits]
    labels = np.array(images.labels)
    chosen = orders.order(order.by, tensors, torch.from_numpy(labels), pair=order.pair, seed=order.seed)[
        :MOST
    ]
    names = shown[0].classes
    entries = _entries(
        np.array(images.pixels[chosen]),
        [int(labels[i]) for i in chosen],
        [_("{name}, image {n}").format(name=names[labels[i]], n=i) for i in chosen],
        [one[chosen] for one in logits],
    )
    mean_of = _("all {n} images").format(n=grouped(len(labels)))
    return PictureSet(entries, tuple(_mean_bits(one) for one in logits), mean_of)
