"""What the soft targets say about the classes that are not the answer: pure functions over logits [n, C], in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.metrics.agreement import kl_of_images


def log_soft_targets(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803 - the literature's name
    """Natural logarithm of each class's belief at temperature T, float64 [n, C]. logits [n, C].

    The largest logit is subtracted before dividing and left out of the sum, so that a belief's distance from 1 keeps
    its digits however small it is.
    """
    scores = logits.cpu().double()
    best, place = scores.max(dim=1, keepdim=True)
    below = (scores - best) / T
    others = below.exp().scatter(1, place, 0.0).sum(dim=1, keepdim=True)
    return below - others.log1p()


def soft_targets(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Each class's belief at temperature T, 0 to 1, float64 [n, C] (Hinton, Vinyals and Dean 2015, equation 1)."""
    return log_soft_targets(logits, T).exp()


def entropy_bits(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Entropy of each image's soft target at temperature T, in bits, 0 to log2 C, float64 [n]. logits [n, C]."""
    beliefs = log_soft_targets(logits, T)
    return (beliefs.exp() * -beliefs).sum(dim=1) / math.log(2)


def mean_entropy_curve(logits: Tensor, temperatures: Sequence[float]) -> list[float]:
    """Mean entropy of the soft targets at each of `temperatures`, in bits. logits [n, C]."""
    scores = logits.cpu().double()
    below = scores - scores.max(dim=1, keepdim=True).values
    bits = []
    for temperature in temperatures:
        # log Z - sum p z / T: it takes one exponential, a third of the time of going through the logarithms.
        powers = (below / temperature).exp_()
        total = powers.sum(dim=1)
        nats = total.log() - torch.linalg.vecdot(powers, below) / (temperature * total)
        bits.append(float(nats.mean()) / math.log(2))
    return bits


def dark_knowledge(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """How much each image's soft target says beyond its answer: its entropy in bits, float64 [n]. logits [n, C]."""
    return entropy_bits(logits, T)


def disagreement(a: Tensor, b: Tensor) -> Tensor:
    """How far b's belief is from a's on each image: KL(a || b) at T = 1, in nats, float64 [n]. a, b: logits [n, C]."""
    return kl_of_images(b, a)


def mean_soft_targets(logits: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Mean belief in each class (column) over the images of each class (row), float64 [C, C].

    The row of a class without images is NaN. logits [n, C], labels [n].
    """
    return class_means(soft_targets(logits, T), labels, logits.shape[1])


def non_answer_spread(logits: Tensor, labels: Tensor) -> float:
    """How much the logits outside the label differ between images of one class, in units of a logit.

    Each image's C - 1 other logits are centred on their own mean, since a softmax ignores a shift; then the standard
    deviation is taken around each class's mean of each logit, over all images and other classes together. It is what
    tells a 2 that looks like a 7 from one that looks like a 3. Label smoothing draws all images of a class to one
    point (Müller, Kornblith and Hinton 2019, section 4) and so makes it small. logits [n, C], labels [n], C >= 3:
    with two classes nothing is left.
    """
    classes = logits.shape[1]
    labels = labels.cpu()
    own = F.one_hot(labels, classes).bool()
    others = logits.cpu().double().masked_fill(own, 0.0)
    centred = (others - others.sum(dim=1, keepdim=True) / (classes - 1)).masked_fill(own, 0.0)
    deviations = centred - class_means(centred, labels, classes)[labels]
    return math.sqrt(float(deviations.square().sum()) / (len(labels) * (classes - 1)))


def class_means(values: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Mean of float64 values [n, ...] over each class's images, [C, ...]; NaN without images."""
    sums = values.new_zeros(classes, *values.shape[1:]).index_add_(0, labels.cpu(), values)
    images = labels.cpu().bincount(minlength=classes)
    return sums / images.reshape(-1, *[1] * (values.dim() - 1))
