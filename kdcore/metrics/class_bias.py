"""Classes that the transfer set left out: what a network makes of them, and what one number added to their logits mends.

Hinton, Vinyals and Dean 2015, section 3: a student that never saw a 3 learns of it from the soft targets alone; most of
its errors are threes that it does not dare to call so, because the bias of that class is too low.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PASSES = 3


@dataclass(frozen=True)
class Recall:
    """Errors on all images and on those of the omitted classes; `recall` is the share of the latter that are right."""

    errors: int
    images: int
    omitted_errors: int
    omitted_images: int

    @property
    def recall(self) -> float:
        """Share of the omitted classes' images that get their class."""
        return 1 - self.omitted_errors / self.omitted_images


def biased(logits: Tensor, bias: Mapping[int, float]) -> Tensor:
    """The logits [n, C] with a number added to those of some classes."""
    added = torch.zeros(logits.shape[1], dtype=logits.dtype, device=logits.device)
    for c, value in bias.items():
        added[c] = value
    return logits + added


def recall(
    logits: Tensor, labels: Tensor, omitted: Sequence[int], bias: Mapping[int, float] | None = None
) -> Recall:
    """What logits [n, C] get wrong of labels [n], in all and of the omitted classes, with a bias for some classes."""
    wrong = biased(logits, bias or {}).argmax(dim=1) != labels
    left_out = torch.isin(labels, torch.tensor(list(omitted), device=labels.device))
    return Recall(int(wrong.sum()), len(labels), int((wrong & left_out).sum()), int(left_out.sum()))


def tuned_bias(logits: Tensor, labels: Tensor, omitted: Sequence[int]) -> dict[int, float]:
    """The bias of each omitted class with which these images (take validation) get the fewest errors.

    One class at a time, exactly; with several the search goes over them a few times. Of equally good values the middle
    of the range nearest to 0 is taken. logits: [n, C]; labels: [n].
    """
    bias = dict.fromkeys(omitted, 0.0)
    for _ in range(PASSES if len(omitted) > 1 else 1):
        for c in omitted:
            others = {k: value for k, value in bias.items() if k != c}
            bias[c] = _best_bias(biased(logits, others), labels, c)
    return bias


def _best_bias(logits: Tensor, labels: Tensor, c: int) -> float:
    """As errors change only where an image's answer flips to c, one value between every two flips is enough."""
    rest = logits.cpu().double().clone()
    rest[:, c] = -torch.inf
    strongest, answer = rest.max(dim=1)
    flips = strongest - logits[:, c].cpu().double()
    order = flips.argsort()
    # Below its flip an image is answered without c, above it as c.
    labels = labels.cpu()
    before, after = (answer != labels)[order].long(), (labels != c)[order].long()
    errors = torch.cat([before.sum().reshape(1), before.sum() + (after - before).cumsum(0)])
    edges = flips[order]
    middles = torch.cat([edges[:1] - 1, (edges[:-1] + edges[1:]) / 2, edges[-1:] + 1])
    # Images that flip at the same value flip together: there is nothing between them.
    apart = torch.cat(
        [torch.ones(1, dtype=torch.bool), edges[1:] > edges[:-1], torch.ones(1, dtype=torch.bool)]
    )
    best = (errors == errors[apart].min()) & apart
    candidates = middles[best]
    return float(candidates[candidates.abs().argmin()])
