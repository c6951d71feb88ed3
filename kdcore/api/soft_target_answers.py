"""A network's soft targets for images that somebody has at hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from kdcore.api.given_images import as_floats
from kdcore.data import catalogue, datasets
from kdcore.errors import InvalidExperiment, NetworkRefused
from kdcore.experiment import FLAT_FIELDS
from kdcore.export.network_with_normalisation import with_normalisation
from kdcore.inference import models
from kdcore.metrics.evaluation import evaluate
from kdcore.runs.runs_folder import runs_folder


def soft_targets(network: nn.Module | str, images: Any, T: float = 4.0) -> Tensor:  # noqa: N803 (as papers write it)
    """The network's probabilities at temperature T: softmax(z / T), float32 [n, classes].

    network: a torch module that takes these images and gives logits, or the name of a trained teacher. images: [n, channels,
        height, width] or [n, height, width], bytes or floats from 0 (black) to 1 (white). T: above 0; at 1 they are the network's
        own probabilities, and the greater it is the more they say about the classes that are not the answer.

    Raises:
        TeacherUnavailable: there is no such teacher.
        NetworkRefused: the network cannot take these images.
        DataUnavailable: these are no images.
        InvalidExperiment: a temperature out of its bounds.

    >>> import kdcore
    >>> images, labels = kdcore.images("digits", "test")
    >>> said = kdcore.soft_targets("digits-mlp-300", images[:2], T=4)
    >>> said.shape
    torch.Size([2, 10])
    >>> bool((said.sum(dim=1) - 1).abs().max() < 1e-6)
    True
    """
    _refuse_temperature(T)
    module = trained(network) if isinstance(network, str) else network
    pixels = as_floats(images)
    place = next(module.parameters(), pixels).device
    try:
        logits = evaluate(module, pixels.to(place)).cpu().double()
    except (RuntimeError, TypeError, ValueError) as error:
        raise NetworkRefused(f"The network cannot take these images: {str(error).splitlines()[0]}") from error
    return (logits / T).softmax(dim=1).float()


def trained(name: str) -> nn.Module:
    """A trained teacher as a torch module, in eval mode; it takes pixels from 0 to 1 and gives logits.

    Raises:
        TeacherUnavailable: there is none of that name.
    """
    return with_normalisation(models.named(f"teacher:{name}", runs_folder()))


def images(dataset: str = "digits", split: str = "test", *, image_size: int = 32) -> tuple[Tensor, Tensor]:
    """A dataset's images [n, channels, height, width] in float32 from 0 (black) to 1 (white), and class numbers [n].

    dataset: a name that `python -m kdcore datasets` lists. split: train, validation or test. image_size: of a folder of pictures.

    Raises:
        DataUnavailable: there is no such dataset, or it cannot be fetched.
        InvalidExperiment: there is no such split.

    >>> import kdcore
    >>> pixels, labels = kdcore.images("digits", "test")
    >>> pixels.shape, labels.shape
    (torch.Size([360, 1, 8, 8]), torch.Size([360]))
    """
    if split not in ("train", "validation", "test"):
        raise InvalidExperiment(f"There is no split '{split}': give train, validation or test.")
    loaded = datasets.load(dataset, folder=catalogue.data_folder(), image_size=image_size)
    found: datasets.Split = getattr(loaded, split)
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (loaded.mean, loaded.std))
    return (found.images * std + mean).clamp_(0, 1), found.labels


def _refuse_temperature(temperature: float) -> None:
    field = FLAT_FIELDS["temperature"]
    low, high = field.bound("ge"), field.bound("le")
    if not 0 < temperature < float("inf"):
        raise InvalidExperiment(f"T = {temperature:g}: give a number above 0, such as {low:g} to {high:g}.")
