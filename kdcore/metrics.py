"""What a network's answers are worth: pure functions over logits [n, C] and labels [n], in float64."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BINS = 15

TEMPERATURES = (1e-2, 1e4)
"""Lowest and highest temperature that is fitted."""

CONVOLUTION_CHUNK = 128
"""Images in one forward pass of a convolutional network on a processor.

With 1024, an image takes 2.5 times as long: maps beyond 32 MB are given back to the system and faulted in each time.
"""

CHUNK = 1024
"""Images in one forward pass elsewhere: a perceptron's products are a sixth faster than with 128."""

DISTURBED = 1.15
"""Wall time over processor time from which a latency on the processor counts as disturbed."""


def errors(logits: Tensor, labels: Tensor) -> int:
    """How many of n images get a class that is not their label. logits [n, C], labels [n]."""
    return int((logits.argmax(dim=1) != labels).sum())


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of images, 0 to 1, that get their label's class. logits [n, C], labels [n]."""
    return 1.0 - errors(logits, labels) / len(labels)


def nll(logits: Tensor, labels: Tensor) -> float:
    """Mean negative log likelihood of the labels, in nats. logits [n, C], labels [n]."""
    return float(F.cross_entropy(logits.double(), labels))


@dataclass(frozen=True)
class Reliability:
    """How often a network is right where it is so sure, by bins of equal width over its largest probability.

    edges: float64 [bins + 1]. count: images in each bin, int64 [bins]. confidence, accuracy: their means, 0 to 1,
    float64 [bins]; NaN in a bin without images.
    """

    edges: Tensor
    count: Tensor
    confidence: Tensor
    accuracy: Tensor


def reliability(logits: Tensor, labels: Tensor, bins: int = BINS) -> Reliability:
    """The reliability diagram of logits [n, C] and labels [n], its bins open below and closed above.

    Guo, Pleiss, Sun and Weinberger 2017, section 2.
    """
    confidence, predicted = logits.double().softmax(dim=1).max(dim=1)
    right = (predicted == labels).double()
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=logits.device)
    place = torch.bucketize(confidence.clamp(max=1.0), edges[1:-1])
    count = place.bincount(minlength=bins)
    return Reliability(
        edges,
        count,
        torch.zeros_like(edges[1:]).index_add_(0, place, confidence) / count,
        torch.zeros_like(edges[1:]).index_add_(0, place, right) / count,
    )


def ece(logits: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """Expected calibration error, 0 to 1: |accuracy - confidence| weighted over bins. logits [n, C], labels [n].

    Guo, Pleiss, Sun and Weinberger 2017, equation 3.
    """
    found = reliability(logits, labels, bins)
    gap = found.count * (found.accuracy - found.confidence).abs()
    return float(gap.nansum() / len(labels))


def fitted_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature, within TEMPERATURES, at which the labels are likeliest. logits [n, C], labels [n].

    Guo et al. 2017, section 4.2. In 1 / T the likelihood has one peak; its slope is what the labels' logits have over
    the logits that the network expects. Answers without an error are likeliest at the lowest temperature.
    """
    from scipy.optimize import brentq

    below = logits.double() - logits.double().max(dim=1, keepdim=True).values
    own = below.gather(1, labels[:, None]).mean()

    def slope(log_temperature: float) -> float:
        powers = (below / math.exp(log_temperature)).exp_()
        return float((torch.linalg.vecdot(powers, below) / powers.sum(dim=1)).mean() - own)

    low, high = map(math.log, TEMPERATURES)
    if slope(low) <= 0:
        return TEMPERATURES[0]
    if slope(high) >= 0:
        return TEMPERATURES[1]
    return math.exp(brentq(slope, low, high, xtol=1e-10))


def agreement(a: Tensor, b: Tensor) -> float:
    """Share of images, 0 to 1, for which two networks name the same class. a, b: logits [n, C]."""
    return float((a.argmax(dim=1) == b.argmax(dim=1)).double().mean())


def kl_of_images(student: Tensor, teacher: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803 - the literature's name
    """KL(teacher || student) of each image at temperature T, in nats, float64 [n]. student, teacher: logits [n, C]."""
    said = (student.double() / T).log_softmax(dim=1)
    target = (teacher.double() / T).log_softmax(dim=1)
    return F.kl_div(said, target, reduction="none", log_target=True).sum(dim=1).clamp(min=0.0)


def kl_to_teacher(student: Tensor, teacher: Tensor, T: float = 1.0) -> float:  # noqa: N803
    """Mean KL(teacher || student) at temperature T, in nats, not multiplied by T^2. student, teacher: logits [n, C]."""
    return float(kl_of_images(student, teacher, T).mean())


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Counts [C, C], int64: row the label, column the answer. logits [n, C], labels [n]."""
    classes = logits.shape[1]
    return torch.bincount(labels * classes + logits.argmax(dim=1), minlength=classes * classes).reshape(
        classes, classes
    )


def recall(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of each class's images that get it, float64 [C]; NaN for a class without images. logits [n, C], labels [n]."""
    counts = confusion_matrix(logits, labels).double()
    return counts.diagonal() / counts.sum(dim=1)


@dataclass(frozen=True)
class PerClass:
    """Each class as a question of its own, float64 [C], 0 to 1, and the number of its images, int64 [C].

    NaN where there is nothing to divide by: the precision of a class that is never answered, the recall and the area
    under the curve of one without images. macro: each figure's plain mean over the classes with images, by its name;
    there a class that is never answered has precision 0.
    """

    precision: Tensor
    recall: Tensor
    f1: Tensor
    auc: Tensor
    images: Tensor
    macro: dict[str, float]


def per_class(logits: Tensor, labels: Tensor) -> PerClass:
    """Precision, recall, F1 and the area under the one-against-rest ROC curve of logits [n, C] and labels [n]."""
    counts = confusion_matrix(logits, labels)
    right, images, answered = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    figures = {
        "precision": right.double() / answered,
        "recall": right.double() / images,
        "f1": 2 * right.double() / (images + answered),
        "auc": _areas_under_the_curve(logits, labels),
    }
    averaged = {**figures, "precision": figures["precision"].nan_to_num(0.0)}
    macro = {name: float(values[images > 0].mean()) for name, values in averaged.items()}
    return PerClass(**figures, images=images, macro=macro)


def ranks(values: Tensor) -> Tensor:
    """The place of each of values [n] in ascending order, from 1, float64 [n]; equal values share their mean place."""
    _, place, count = values.unique(return_inverse=True, return_counts=True)
    shared: Tensor = count.cumsum(dim=0).double() - (count - 1) / 2
    return shared[place]


def _areas_under_the_curve(logits: Tensor, labels: Tensor) -> Tensor:
    """[C]: how often an image of the class scores higher than one of another; a tie counts half (Mann and Whitney)."""
    own = F.one_hot(labels, logits.shape[1]).double()
    images = own.sum(dim=0)
    places = torch.stack([ranks(column) for column in _log_odds(logits).unbind(dim=1)], dim=1)
    wins = (places * own).sum(dim=0) - images * (images + 1) / 2
    return wins / (images * (len(labels) - images))


def _log_odds(logits: Tensor) -> Tensor:
    """log p / (1 - p) of each class [n, C]: it keeps apart what probabilities close to 1 would make equal."""
    beliefs = logits.double().log_softmax(dim=1)
    odds = beliefs - (-beliefs.expm1()).log()
    best, place = logits.double().max(dim=1, keepdim=True)
    rest = logits.double().scatter(1, place, -math.inf).logsumexp(dim=1, keepdim=True)
    return odds.scatter(1, place, best - rest)


def evaluate(network: nn.Module, images: Tensor, batch: int | None = None) -> Tensor:
    """Logits [n, C] for images [n, channels, height, width], in eval mode; every module's mode is restored after.

    They carry no graph, and a loss may be made from them. `batch` images go through at once; None takes what is fast.
    """
    batch = batch or _chunk(network, images.device)
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        with torch.inference_mode():
            parts = [network(part) for part in torch.split(images, batch)]
        return torch.cat(parts)
    finally:
        for module, mode in modes.items():
            module.training = mode


def _chunk(network: nn.Module, device: torch.device) -> int:
    convolutional = any(isinstance(module, nn.Conv2d) for module in network.modules())
    return CONVOLUTION_CHUNK if convolutional and device.type == "cpu" else CHUNK


@dataclass(frozen=True)
class Latency:
    """Seconds that one forward pass takes: the median, and what 95 of 100 stay below.

    disturbed: something else held the processor meanwhile, so that the figures say more of it than of the network.
    """

    p50: float
    p95: float
    disturbed: bool = False


def latency(network: nn.Module, shape: tuple[int, int, int], batch: int, passes: int = 30) -> Latency:
    """Time `passes` forward passes of `batch` random images [batch, *shape] in eval mode, after a warm-up."""
    device = next(network.parameters()).device
    images = torch.zeros(batch, *shape, device=device)
    for _ in range(passes // 3):
        _forward_seconds(network, images)
    wall, processor = time.perf_counter(), time.process_time()
    seconds = [_forward_seconds(network, images) for _ in range(passes)]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    p50, p95 = (
        torch.tensor(seconds, dtype=torch.float64)
        .quantile(torch.tensor([0.5, 0.95], dtype=torch.float64))
        .tolist()
    )
    disturbed = device.type == "cpu" and wall > DISTURBED * processor
    return Latency(p50, p95, disturbed)


def _forward_seconds(network: nn.Module, images: Tensor) -> float:
    _wait(images.device)
    start = time.perf_counter()
    evaluate(network, images, batch=len(images))
    _wait(images.device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    """Let the device finish what it was given: a clock that does not wait only times the asking."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
