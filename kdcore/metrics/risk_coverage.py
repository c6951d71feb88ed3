"""Selective prediction: how often a network errs where it is surest, against how many images it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class RiskCoverage:
    """A network's error among the images of which it is surest, for every number of them.

    Attributes:
        coverage: share of the images that are answered, k / n for k from 1 to n, float64 [n].
        errors: how many of these k are wrong, float64 [n]; no whole number where images are equally sure.
        risk: their share, errors / k, float64 [n]; the last one is the error on all images.
        confidence: the largest probability of the least sure of these k, float64 [n].
    """

    coverage: Tensor
    errors: Tensor
    risk: Tensor
    confidence: Tensor

    @property
    def area(self) -> float:
        """The area under the curve, 0 to 1: the mean risk over all coverages. Lower is better.

        Geifman, Uziel and El-Yaniv 2019, Bias-reduced uncertainty estimation for deep neural classifiers (AURC).
        """
        return float(self.risk.mean())

    def place(self, share: float) -> int:
        """Where the surest `share` (more than 0, up to 1) of the images ends: the smallest k / n that reaches it.

        Raises:
            ValueError: a share out of these bounds.
        """
        if not 0 < share <= 1:
            raise ValueError(f"a coverage of {share}: it is more than 0 and at most 1")
        count = len(self.coverage)
        return min(count, max(1, math.ceil(share * count - 1e-9))) - 1


def risk_coverage(logits: Tensor, labels: Tensor) -> RiskCoverage:
    """The risk-coverage curve of logits [n, C] and labels [n], in float64.

    Images are ordered by the largest probability at T = 1 (softmax response). They are compared by its log odds, largest
    logit less the log-sum-exp of the others: the same order, where the probability itself rounds to 1. Among equally sure
    images the errors are spread evenly, as a draw among them would on average.

    Geifman and El-Yaniv 2017, Selective classification for deep neural networks, sections 2 (risk and coverage) and 4
    (softmax response).
    """
    wide = logits.cpu().double()
    largest, answer = wide.max(dim=1)
    others = wide.scatter(1, answer[:, None], -math.inf).logsumexp(dim=1)
    odds, order = (largest - others).sort(descending=True, stable=True)
    wrong = (answer != labels.cpu()).cpu().double()[order]
    _, group, size = odds.unique_consecutive(return_inverse=True, return_counts=True)
    mean = torch.zeros(len(size), dtype=torch.float64).index_add_(0, group, wrong) / size
    errors = mean[group].cumsum(dim=0)
    answered = torch.arange(1, len(labels) + 1, dtype=torch.float64)
    return RiskCoverage(answered / len(labels), errors, errors / answered, odds.sigmoid())
