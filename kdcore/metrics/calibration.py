"""Whether a network is right as often as its confidence says: reliability, ECE, the fitted temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from kdcore.metrics import classification

BINS = 15


TEMPERATURES = (1e-2, 1e4)
"""Lowest and highest temperature that is fitted."""


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
    confidence, predicted = logits.cpu().double().softmax(dim=1).max(dim=1)
    right = (predicted == labels.cpu()).double()
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
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

    below = logits.cpu().double() - logits.cpu().double().max(dim=1, keepdim=True).values
    own = below.gather(1, labels.cpu()[:, None]).mean()

    def slope(log_temperature: float) -> float:
        powers = (below / math.exp(log_temperature)).exp_()
        return float((torch.linalg.vecdot(powers, below) / powers.sum(dim=1)).mean() - own)

    low, high = map(math.log, TEMPERATURES)
    if slope(low) <= 0:
        return TEMPERATURES[0]
    if slope(high) >= 0:
        return TEMPERATURES[1]
    return math.exp(brentq(slope, low, high, xtol=1e-10))


@dataclass(frozen=True)
class Calibration:
    """What one temperature, fitted on validation images, makes of the beliefs on others (Guo et al. 2017)."""

    temperature: float
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float
    reliability_before: Reliability
    reliability_after: Reliability


def calibration(
    validation_logits: Tensor, validation_labels: Tensor, logits: Tensor, labels: Tensor
) -> Calibration:
    """Fit a temperature on validation logits [m, C] and labels [m]; measure logits [n, C] and labels [n] with it."""
    temperature = fitted_temperature(validation_logits, validation_labels)
    scaled = logits.cpu().double() / temperature
    return Calibration(
        temperature=temperature,
        ece_before=ece(logits, labels),
        ece_after=ece(scaled, labels),
        nll_before=classification.nll(logits, labels),
        nll_after=classification.nll(scaled, labels),
        reliability_before=reliability(logits, labels),
        reliability_after=reliability(scaled, labels),
    )
