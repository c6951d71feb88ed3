"""Networks that are compared: their logits about one split of the same images, and what each is called."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dashboard.text.roles import Role, role
from kdcore.data import catalogue
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel
from kdcore.runs.runs_folder import runs_folder

if TYPE_CHECKING:
    from torch import Tensor


Cell = tuple[int, int]
"""A label and an answer, as places among the classes."""


@dataclass(frozen=True, eq=False)
class ComparedNetworks:
    """Some networks' outputs on one split. The first network is the reference that the others are compared with.

    Attributes:
        shown: the networks.
        split: test, validation or train.
        labels: int64 [n].
        logits: each network's logits, [n, C].
        pixels: the images, uint8 [n, channels, h, w].
        numbers: the metrics computed so far (see `cached_metric`).
    """

    shown: tuple[InferenceModel, ...]
    split: str
    labels: Tensor
    logits: tuple[Tensor, ...]
    pixels: NDArray[np.uint8]
    numbers: dict[Hashable, Any] = field(init=False, repr=False, default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names."""
        return self.shown[0].classes

    @property
    def names(self) -> tuple[str, ...]:
        """What each network is called on the page."""
        return tuple(map(name, self.shown))

    @property
    def spoken(self) -> tuple[str, ...]:
        """What each network is called in a sentence."""
        return tuple(map(spoken, self.shown))

    @property
    def roles(self) -> tuple[Role, ...]:
        """How each network looks."""
        return tuple(role(network.role) for network in self.shown)

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.labels)


def name(network: InferenceModel) -> str:
    """A network's name on the page: its role in a run, or the teacher's own name."""
    return role(network.role).label if is_of_run(network) else network.title


def explained(network: InferenceModel) -> str:
    """The same where one reads it first: twin (labels only)."""
    return role(network.role).explained if is_of_run(network) else network.title


def spoken(network: InferenceModel) -> str:
    """The same in a sentence: the twin."""
    return role(network.role).in_words if is_of_run(network) else network.title


def is_of_run(network: InferenceModel) -> bool:
    """Whether the network is a run's; else it is a trained teacher with a name of its own."""
    return network.key.startswith("run:")


def compared_networks(shown: Sequence[InferenceModel], split: str) -> ComparedNetworks | None:
    """The networks' outputs on a split; None before all of them have been computed."""
    folder, data_folder = runs_folder(), catalogue.data_folder()
    questions = tuple(output_cache.selection_of(network, data_folder).key for network in shown)
    try:
        return _compared_networks(tuple(shown), split, folder, data_folder, questions)
    except _NotComputed:
        return None


class _NotComputed(LookupError):
    """Raised so that an absence is not cached."""


@lru_cache(maxsize=24)
def _compared_networks(
    shown: tuple[InferenceModel, ...], split: str, folder: Path, data_folder: Path, questions: tuple[str, ...]
) -> ComparedNetworks:
    import torch

    images = output_cache.cached_images(shown[0], split, folder, data_folder)
    answers = [output_cache.cached_outputs(network, split, folder, data_folder) for network in shown]
    if images is None or any(one is None or len(one.logits) != len(images.labels) for one in answers):
        raise _NotComputed
    return ComparedNetworks(
        shown,
        split,
        torch.from_numpy(np.array(images.labels)),
        tuple(torch.from_numpy(np.array(one.logits)) for one in answers if one is not None),
        images.pixels,
    )
