"""Every metric of compared networks that a view shows: computed once, and cached with the outputs it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar
from weakref import ref

from dashboard.data.compared_networks import Cell, ComparedNetworks

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.metrics.calibration import Calibration
    from kdcore.metrics.class_similarity import Dendrogram
    from kdcore.metrics.fidelity import Fidelity
    from kdcore.metrics.per_class import PerClass
    from kdcore.metrics.risk_coverage import RiskCoverage

P = ParamSpec("P")
R = TypeVar("R")


def cached_metric(
    metric: Callable[Concatenate[ComparedNetworks, P], R],
) -> Callable[Concatenate[ComparedNetworks, P], R]:
    """Compute a metric once per first argument and let the cache go with it; other networks are referred to weakly."""

    @wraps(metric)
    def look_up(compared: ComparedNetworks, /, *args: P.args, **kwargs: P.kwargs) -> R:
        others = (ref(one) if isinstance(one, ComparedNetworks) else one for one in args)
        key = (metric.__name__, *others, *sorted(kwargs.items()))
        if key not in compared.numbers:
            compared.numbers[key] = metric(compared, *args, **kwargs)
        value: R = compared.numbers[key]
        return value

    return look_up


@cached_metric
def errors(compared: ComparedNetworks) -> list[int]:
    """How many images each network gets wrong."""
    from kdcore.metrics import classification

    return [classification.errors(logits, compared.labels) for logits in compared.logits]


@cached_metric
def agreements(compared: ComparedNetworks) -> list[float]:
    """The share of images on which each network answers as the first does."""
    from kdcore.metrics import agreement

    return [agreement.agreement(logits, compared.logits[0]) for logits in compared.logits]


@cached_metric
def similarities(compared: ComparedNetworks, temperature: float) -> list[Tensor]:
    """Each network's class similarity at T, [C, C]."""
    from kdcore.metrics import class_similarity

    return [class_similarity.similarity(logits, compared.labels, temperature) for logits in compared.logits]


@cached_metric
def shared_doubts(compared: ComparedNetworks, temperature: float) -> Tensor:
    """Where the first two networks doubt the same images at T, rank correlations [C, C]."""
    from kdcore.metrics.shared_doubt import shared_doubt

    first, second = compared.logits[:2]
    return shared_doubt(first, second, compared.labels, temperature)


@cached_metric
def dendrograms(compared: ComparedNetworks, temperature: float) -> list[Dendrogram]:
    """Each network's dendrogram at T, turned as the first one's."""
    from kdcore.metrics import class_similarity

    trees = [class_similarity.dendrogram(matrix) for matrix in similarities(compared, temperature)]
    return [class_similarity.beside(tree, trees[0]) for tree in trees]


@cached_metric
def correlations(compared: ComparedNetworks, temperature: float) -> list[list[float]]:
    """The rank correlation of every two networks' similarities at T."""
    from kdcore.metrics import class_similarity

    matrices = similarities(compared, temperature)
    return [[class_similarity.rank_correlation(a, b) for b in matrices] for a in matrices]


@cached_metric
def confusions(compared: ComparedNetworks) -> list[Tensor]:
    """Each network's confusion matrix: row the label, column the answer, [C, C]."""
    from kdcore.metrics import per_class

    return [per_class.confusion_matrix(logits, compared.labels) for logits in compared.logits]


@cached_metric
def most_alike(compared: ComparedNetworks, temperature: float) -> tuple[int, int, float]:
    """The two classes that look most alike to the first network at T, and how much, the mean of both directions."""
    matrix = similarities(compared, temperature)[0].nan_to_num(0.0)
    alike = ((matrix + matrix.T) / 2).fill_diagonal_(0.0)
    row, column = divmod(int(alike.argmax()), alike.shape[1])
    return row, column, float(alike[row, column])


@cached_metric
def beliefs_and_right(compared: ComparedNetworks) -> list[tuple[float, float]]:
    """How much each network believes in its answers on average, and the share that is right."""
    return [
        (
            float(logits.softmax(dim=1).max(dim=1).values.mean()),
            float((logits.argmax(dim=1) == compared.labels).float().mean()),
        )
        for logits in compared.logits
    ]


@cached_metric
def class_recalls(compared: ComparedNetworks) -> list[tuple[list[float], list[int]]]:
    """The share of each class's images that each network finds, and how many images the class has."""
    counts = confusions(compared)
    return [
        ((one.diagonal() / one.sum(dim=1).clamp(min=1)).tolist(), one.sum(dim=1).tolist()) for one in counts
    ]


@cached_metric
def disagreements(compared: ComparedNetworks) -> int:
    """On how many images the last network answers otherwise than the first."""
    return int((compared.logits[0].argmax(dim=1) != compared.logits[-1].argmax(dim=1)).sum())


@dataclass(frozen=True)
class Mistake:
    """Images of one class that are answered as another, with each network's count of them."""

    cell: Cell
    counts: tuple[int, ...]


@cached_metric
def mistakes(compared: ComparedNetworks, most: int = 10) -> list[Mistake]:
    """The commonest mistakes of any network, the most images first."""
    from kdcore.metrics.confusions import top_confusions

    counts = confusions(compared)
    cells = {
        (confusion.label, confusion.answer)
        for logits in compared.logits
        for confusion in top_confusions(logits, compared.labels, most)
    }
    commonest = [Mistake(cell, tuple(int(matrix[cell]) for matrix in counts)) for cell in cells]
    commonest.sort(key=lambda mistake: (-max(mistake.counts), -sum(mistake.counts), mistake.cell))
    return commonest[:most]


@cached_metric
def fidelities(compared: ComparedNetworks, temperature: float) -> list[Fidelity]:
    """How faithfully each network but the first follows the first (Stanton et al. 2021)."""
    from kdcore.metrics import fidelity

    first, *others = compared.logits
    return [fidelity.fidelity(logits, first, compared.labels, temperature) for logits in others]


@cached_metric
def calibrations(validation: ComparedNetworks, compared: ComparedNetworks) -> list[Calibration]:
    """Each network's calibration before and after a temperature fitted on validation images."""
    from kdcore.metrics import calibration

    return [
        calibration.calibration(fitted_on, validation.labels, logits, compared.labels)
        for fitted_on, logits in zip(validation.logits, compared.logits, strict=True)
    ]


@cached_metric
def risk_coverages(compared: ComparedNetworks) -> list[RiskCoverage]:
    """Each network's errors where it is surest, against how many images it answers."""
    from kdcore.metrics import risk_coverage

    return [risk_coverage.risk_coverage(logits, compared.labels) for logits in compared.logits]


@cached_metric
def spreads(compared: ComparedNetworks) -> list[float]:
    """The spread of each network's non-answer logits between images of one class."""
    from kdcore.metrics import dark_knowledge

    return [dark_knowledge.non_answer_spread(logits, compared.labels) for logits in compared.logits]


@cached_metric
def by_class(compared: ComparedNetworks) -> list[PerClass]:
    """Each network's precision, recall, F1 and AUC by class."""
    from kdcore.metrics import per_class

    return [per_class.per_class(logits, compared.labels) for logits in compared.logits]
