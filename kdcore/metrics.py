"""What a network's answers are worth: pure functions over logits [n, C] and labels [n], in float64."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BINS = 15

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


def ece(logits: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """Expected calibration error, 0 to 1: |accuracy - confidence| weighted over bins. logits [n, C], labels [n].

    Guo, Pleiss, Sun and Weinberger 2017, equation 3: `bins` of equal width, open below and closed above, over the
    largest probability.
    """
    confidence, predicted = logits.double().softmax(dim=1).max(dim=1)
    right = (predicted == labels).double()
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=logits.device)
    place = torch.bucketize(confidence.clamp(max=1.0), edges[1:-1])
    gap = torch.zeros(bins, dtype=torch.float64, device=logits.device).index_add_(
        0, place, right - confidence
    )
    return float(gap.abs().sum() / len(labels))


def agreement(a: Tensor, b: Tensor) -> float:
    """Share of images, 0 to 1, for which two networks name the same class. a, b: logits [n, C]."""
    return float((a.argmax(dim=1) == b.argmax(dim=1)).double().mean())


def kl_to_teacher(student: Tensor, teacher: Tensor, T: float = 1.0) -> float:  # noqa: N803 - the literature's name
    """Mean KL(teacher || student) at temperature T, in nats, not multiplied by T^2. student, teacher: logits [n, C]."""
    said = (student.double() / T).log_softmax(dim=1)
    target = (teacher.double() / T).log_softmax(dim=1)
    return float(F.kl_div(said, target, reduction="batchmean", log_target=True))


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
