"""What is compared: some networks' answers about the same images, and every number that a view makes of them.

The numbers are kept by the answers they were made from, so that a selection or another view computes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from dashboard.text.roles import Role, role
from kdcore.data import catalogue
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel
from kdcore.runs.runs_folder import runs_folder

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.metrics.calibration import Calibration
    from kdcore.metrics.class_similarity import Dendrogram
    from kdcore.metrics.fidelity import Fidelity
    from kdcore.metrics.per_class import PerClass

P = ParamSpec("P")
R = TypeVar("R")
Cell = tuple[int, int]
"""A label and an answer, as places among the classes."""


@dataclass(frozen=True, eq=False)
class ComparedNetworks:
    """Some networks' answers about one split: labels int64 [n], each network's logits [n, C], the images uint8 [n, c, h, w].

    The first network is the reference that the others are compared with. numbers: those made so far (see `kept`).
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
        """What each network is called on this page."""
        return tuple(map(name, self.shown))

    @property
    def spoken(self) -> tuple[str, ...]:
        """What a sentence calls each network."""
        return tuple(map(spoken, self.shown))

    @property
    def roles(self) -> tuple[Role, ...]:
        """How each network looks."""
        return tuple(role(knower.role) for knower in self.shown)

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.labels)


def name(knower: InferenceModel) -> str:
    """A network's name on this page: its role in a run, or the teacher's own name."""
    return role(knower.role).label if of_a_run(knower) else knower.title


def explained(knower: InferenceModel) -> str:
    """The same where one reads it first: twin (labels only)."""
    return role(knower.role).explained if of_a_run(knower) else knower.title


def spoken(knower: InferenceModel) -> str:
    """The same in a sentence: the twin."""
    return role(knower.role).in_words if of_a_run(knower) else knower.title


def of_a_run(knower: InferenceModel) -> bool:
    """Whether it is a run's; else it is a teacher that has a name."""
    return knower.key.startswith("run:")


def answered(shown: Sequence[InferenceModel], split: str) -> ComparedNetworks | None:
    """The networks' answers about a split; None before all of them are there."""
    folder, data_folder = runs_folder(), catalogue.data_folder()
    about = tuple(output_cache.question(knower, data_folder).key for knower in shown)
    try:
        return _answered(tuple(shown), split, folder, data_folder, about)
    except _NotThere:
        return None


class _NotThere(LookupError):
    """Raised so that an absence is not kept."""


@lru_cache(maxsize=24)
def _answered(
    shown: tuple[InferenceModel, ...], split: str, folder: Path, data_folder: Path, about: tuple[str, ...]
) -> ComparedNetworks:
    import torch

    images = output_cache.images(shown[0], split, folder, data_folder)
    answers = [output_cache.answers(knower, split, folder, data_folder) for knower in shown]
    if images is None or any(one is None or len(one.logits) != len(images.labels) for one in answers):
        raise _NotThere
    return ComparedNetworks(
        shown,
        split,
        torch.from_numpy(np.array(images.labels)),
        tuple(torch.from_numpy(np.array(one.logits)) for one in answers if one is not None),
        images.pixels,
    )


# ---------------------------------------------------------------------------------------------- numbers


def kept(
    number: Callable[Concatenate[ComparedNetworks, P], R],
) -> Callable[Concatenate[ComparedNetworks, P], R]:
    """Make a number once for its first argument, and let it go with it; other answers it only refers to."""

    @wraps(number)
    def look_up(about: ComparedNetworks, /, *args: P.args, **kwargs: P.kwargs) -> R:
        others = (ref(one) if isinstance(one, ComparedNetworks) else one for one in args)
        key = (number.__name__, *others, *sorted(kwargs.items()))
        if key not in about.numbers:
            about.numbers[key] = number(about, *args, **kwargs)
        found: R = about.numbers[key]
        return found

    return look_up


@kept
def errors(about: ComparedNetworks) -> list[int]:
    """How many images each network gets wrong."""
    from kdcore.metrics import classification

    return [classification.errors(logits, about.labels) for logits in about.logits]


@kept
def agreements(about: ComparedNetworks) -> list[float]:
    """The share of images on which each network answers as the first does."""
    from kdcore.metrics import agreement

    return [agreement.agreement(logits, about.logits[0]) for logits in about.logits]


@kept
def similarities(about: ComparedNetworks, temperature: float) -> list[Tensor]:
    """Each network's class similarity at T, [C, C]."""
    from kdcore.metrics import class_similarity

    return [class_similarity.similarity(logits, about.labels, temperature) for logits in about.logits]


@kept
def dendrograms(about: ComparedNetworks, temperature: float) -> list[Dendrogram]:
    """Each network's dendrogram at T."""
    from kdcore.metrics import class_similarity

    return [class_similarity.dendrogram(matrix) for matrix in similarities(about, temperature)]


@kept
def correlations(about: ComparedNetworks, temperature: float) -> list[list[float]]:
    """The rank correlation of every two networks' similarities at T."""
    from kdcore.metrics import class_similarity

    matrices = similarities(about, temperature)
    return [[class_similarity.rank_correlation(a, b) for b in matrices] for a in matrices]


@kept
def confusions(about: ComparedNetworks) -> list[Tensor]:
    """Each network's confusion matrix: row the label, column the answer, [C, C]."""
    from kdcore.metrics import per_class

    return [per_class.confusion_matrix(logits, about.labels) for logits in about.logits]


@dataclass(frozen=True)
class Mistake:
    """Images of one class that are answered as another: how many by each network."""

    cell: Cell
    counts: tuple[int, ...]


@kept
def mistakes(about: ComparedNetworks, most: int = 10) -> list[Mistake]:
    """The commonest mistakes of any network, the most images first."""
    from kdcore.metrics.confusions import top_confusions

    counts = confusions(about)
    cells = {
        (found.label, found.answer)
        for logits in about.logits
        for found in top_confusions(logits, about.labels, most)
    }
    found = [Mistake(cell, tuple(int(matrix[cell]) for matrix in counts)) for cell in cells]
    return sorted(found, key=lambda mistake: (-max(mistake.counts), -sum(mistake.counts), mistake.cell))[
        :most
    ]


@kept
def fidelities(about: ComparedNetworks, temperature: float) -> list[Fidelity]:
    """How truly each network but the first follows the first."""
    from kdcore.metrics import fidelity

    first, *others = about.logits
    return [fidelity.fidelity(logits, first, about.labels, temperature) for logits in others]


@kept
def calibrations(validation: ComparedNetworks, about: ComparedNetworks) -> list[Calibration]:
    """What a temperature fitted on validation images makes of each network's beliefs."""
    from kdcore.metrics import calibration

    return [
        calibration.calibration(fitted_on, validation.labels, logits, about.labels)
        for fitted_on, logits in zip(validation.logits, about.logits, strict=True)
    ]


@kept
def spreads(about: ComparedNetworks) -> list[float]:
    """How much each network's non-answer logits differ between images of one class."""
    from kdcore.metrics import dark_knowledge

    return [dark_knowledge.non_answer_spread(logits, about.labels) for logits in about.logits]


@kept
def by_class(about: ComparedNetworks) -> list[PerClass]:
    """Each network's precision, recall, F1 and AUC by class."""
    from kdcore.metrics import per_class

    return [per_class.per_class(logits, about.labels) for logits in about.logits]


# ---------------------------------------------------------------------------------------------- the selection


@dataclass(frozen=True)
class Chosen:
    """The images of a cell: their places, the best example first; each network's count of them.

    by_answer: whether they were answered so; else nobody did, and they are the class's images that come closest.
    """

    cell: Cell
    images: NDArray[np.int64]
    counts: tuple[int, ...]
    by_answer: bool


CLOSEST = 24
"""How many images are shown of a class that nobody mistakes for the other."""


@kept
def chosen(about: ComparedNetworks, cell: Cell) -> Chosen:
    """The images with a label that at least one network answers so, by the first network's falling belief in the answer.

    On the diagonal the images of the class come by rising belief in it: the doubtful ones first.
    """
    import torch

    from kdcore.metrics import dark_knowledge

    label, answer = cell
    own = about.labels == label
    said = torch.stack([logits.argmax(dim=1) == answer for logits in about.logits])
    counts = tuple(int(one) for one in (said & own).sum(dim=1))
    belief = dark_knowledge.log_soft_targets(about.logits[0])[:, answer]
    among = own if label == answer else own & said.any(dim=0)
    by_answer = bool(among.any())
    places = (among if by_answer else own).nonzero().flatten()
    order = belief[places].argsort(descending=label != answer, stable=True)
    found: NDArray[np.int64] = places[order].numpy()
    return Chosen(cell, found if by_answer else found[:CLOSEST], counts, by_answer)


@kept
def mean_beliefs(about: ComparedNetworks, cell: Cell, temperature: float) -> NDArray[np.float64]:
    """The mean soft target at T over the chosen images, [networks, C]; NaN where there are none."""
    from kdcore.metrics import dark_knowledge

    places = chosen(about, cell).images
    means = [
        dark_knowledge.soft_targets(logits[places], temperature).mean(dim=0).numpy()
        for logits in about.logits
    ]
    return np.stack(means)


def answers_of(about: ComparedNetworks, place: int) -> list[int]:
    """Each network's answer about one image."""
    return [int(logits[place].argmax()) for logits in about.logits]
