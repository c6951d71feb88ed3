"""How far a network is from the truth, where the probabilities that labels were drawn from are known; in nats, in float64.

The truth is named explicitly, never taken from a trained network (Menon et al. 2021, A statistical perspective on distillation,
section 3: the Bayes class probabilities).
"""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 1e-6
"""What an impossible class is said to have: at T = 4 as much as 3 % of a sure one, as trained teachers say."""


def kl_from_truth(logits: Tensor, truth: Tensor) -> float:
    """Mean over images of KL(truth || softmax(logits)): 0 where the network says the truth of every image.

    Args:
        logits: [N, C].
        truth: [N, C], rows of probabilities; a class of probability 0 adds nothing, whatever the network says of it.
    """
    truth = truth.cpu().double()
    cross = -(truth * logits.cpu().double().log_softmax(dim=1)).sum(dim=1).mean()
    return float(cross) - entropy(truth)


def entropy(truth: Tensor) -> float:
    """Mean entropy of the truth [N, C]: the NLL that nobody can be expected to go below, on labels drawn from it."""
    truth = truth.cpu().double()
    return float(-torch.xlogy(truth, truth).sum(dim=1).mean())


def logits(truth: Tensor, floor: float = FLOOR) -> Tensor:
    """The truth [N, C] as logits [N, C] in float32, whose softmax is the truth where it is above `floor`.

    A class of probability 0 has the logarithm of the floor, so that a temperature has something to divide.
    """
    return truth.cpu().double().clamp(min=floor).log().float().to(truth.device)
