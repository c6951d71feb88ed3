"""The pictures of the first screen, each with the logits of every network on show: drawn here, of a dataset, or handed in.

A picture travels to the browser once, with its logits; what is shown of them at a temperature is made there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.components.soft_targets import SoftTargetPicture
from dashboard.data import dataset_choices
from dashboard.text.translation import _, language
from kdcore.data import catalogue, drawn_digits
from kdcore.data.image_urls import png_url
from kdcore.errors import DataUnavailable
from kdcore.inference import models, output_cache
from kdcore.inference.models import InferenceModel
from kdcore.runs.runs_folder import runs_folder

FRAMES = 41
DRAWN, UPLOADED = "drawn", "uploaded"
HANDED_IN = (DRAWN, UPLOADED)
MORPHS = {f"{start}-{end}": (start, end) for start, end in drawn_digits.MORPHS}
STROKES_DATASET = "mnist"
MOST = 60
"""Pictures of a dataset that travel at once."""

TEMPERATURES = tuple(float(f"{0.25 * 400 ** (i / 48):.4g}") for i in range(49))
"""0.25 to 100 in even steps of the logarithm: where the mean entropy is drawn."""


@dataclass(frozen=True)
class ShownPictures:
    """What the component shows: each picture's source, label, words and logits [one list a network]; the mean's entropy."""

    images: tuple[SoftTargetPicture, ...]
    mean_bits: tuple[tuple[float, ...], ...] = ()
    mean_of: str = ""


# ---- who is asked ---------------------------------------------------------------------------------------------------


def teachers_for(source: str) -> list[InferenceModel]:
    """The named teachers that can look at a source's pictures; an upload is made fit for any of them."""
    everyone = models.of_teachers(runs_folder())
    wanted = STROKES_DATASET if source in MORPHS or source in HANDED_IN else source
    fitting = [knower for knower in everyone if knower.dataset == wanted]
    return [*fitting, *(one for one in everyone if one not in fitting)] if source == UPLOADED else fitting


def dataset_of(keys: str) -> str:
    """The dataset of the first of the teachers that a link names; empty where there is no such teacher."""
    first = keys.partition(",")[0]
    return next((card.dataset for card in models.of_teachers(runs_folder()) if card.key == first), "")


def can_look(dataset: str, source: str) -> bool:
    """Whether a dataset's networks can look at a source's pictures."""
    if source in MORPHS or source == DRAWN:
        return dataset == STROKES_DATASET
    return source in (dataset, UPLOADED)


def sources(run_dataset: str = "") -> list[str]:
    """What can be looked at: the drawn digits, datasets that are here and known to a teacher or the run, and one's own."""
    known = {run_dataset, *(card.dataset for card in models.of_teachers(runs_folder()))}
    there = [entry.name for entry in dataset_choices.datasets() if entry.available and entry.name in known]
    return [*MORPHS, *there, *HANDED_IN]


def why_not(source: str) -> str:
    """Why a source is not among those that can be looked at."""
    entry = dataset_choices.dataset(source)
    if entry is None:
        return _("there are no such pictures here.")
    if not entry.available:
        return _("these images are not here; the Train page says how to get them.")
    return _("no trained network here knows these images.")


def source_title(source: str) -> str:
    """A source as its button says it."""
    if source in MORPHS:
        start, end = MORPHS[source]
        return _("{a} to {b}").format(a=start, b=end)
    if source in HANDED_IN:
        return _("Draw") if source == DRAWN else _("Upload")
    entry = dataset_choices.dataset(source)
    return _(entry.title) if entry else source


# ---- drawn by this project ------------------------------------------------------------------------------------------


def morph(source: str, shown: tuple[InferenceModel, ...]) -> ShownPictures:
    """The frames from one digit to another. The label is the nearer end's, as a person would have to choose."""
    return _morph(source, shown, language())


@lru_cache(maxsize=64)
def _morph(source: str, shown: tuple[InferenceModel, ...], language: str) -> ShownPictures:
    start, end = MORPHS[source]
    shares = [i / (FRAMES - 1) for i in range(FRAMES)]
    drawn = np.stack([drawn_digits.morph(start, end, share) for share in shares])[:, None]
    names = [start if share < 0.5 else end for share in shares]
    titles = [f"{round(100 * share)} %" for share in shares]
    return _pictures(drawn, names, titles, shown, mean_of=_("the frames of this morph"))


def handed_in(image: NDArray[np.float32], shown: Sequence[InferenceModel], title: str = "") -> ShownPictures:
    """One picture [channels, h, w] that nobody has labelled."""
    return _pictures(image[None], [None], [title], shown)


def _pictures(
    images: NDArray[np.float32],
    labels: Sequence[int | None],
    titles: Sequence[str],
    shown: Sequence[InferenceModel],
    mean_of: str = "",
) -> ShownPictures:
    answers = [models.ask(knower, images) for knower in shown]
    pixels = (images.clip(0, 1) * 255).round().astype(np.uint8)
    return ShownPictures(
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


# ---- of a dataset ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GalleryOrder:
    """Which of a dataset's images come first."""

    by: str
    pair: tuple[int, int]
    seed: int


def gallery(shown: tuple[InferenceModel, ...], split: str, order: GalleryOrder) -> ShownPictures:
    """The first images of a split in that order; all answers must be there (`asking.asker().need` says so).

    Raises:
        DataUnavailable: they are there no longer.
    """
    return _gallery(shown, split, order, tuple(output_cache.question(one).key for one in shown), language())


@lru_cache(maxsize=32)
def _gallery(
    shown: tuple[InferenceModel, ...],
    split: str,
    order: GalleryOrder,
    images_as_they_lie: tuple[str, ...],
    language: str,
) -> ShownPictures:
    import torch

    from kdcore.metrics import image_order as orders

    folder, data_folder = runs_folder(), catalogue.data_folder()
    answers = [output_cache.answers(knower, split, folder, data_folder) for knower in shown]
    images = output_cache.images(shown[0], split, folder, data_folder)
    if images is None or any(answer is None for answer in answers):
        raise DataUnavailable(_("What the networks answered is there no longer. Load the page again."))
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
    mean_of = _("all {n} images").format(n=f"{len(labels):,}")
    return ShownPictures(entries, tuple(_mean_bits(one) for one in logits), mean_of)
