"""Multilayer perceptrons: `mlp-<width>[x<depth>]`, and the teacher of Hinton, Vinyals and Dean 2015 with its dropout."""

from __future__ import annotations

import math
import re

from torch import Tensor, nn

WIDEST = 4096
DEEPEST = 16
NAME = re.compile(r"mlp-([1-9][0-9]{0,3})(?:x([1-9][0-9]?))?", re.ASCII)

HINTON_DROPOUT = {"mlp-1200x2": (0.2, 0.5)}
"""Dropout on inputs and on hidden units, by name.

Hinton et al. 2015, section 3, regularise their 784-1200-1200-10 teacher "using dropout and weight-constraints" as
Hinton et al. 2012 do (20 % of inputs, 50 % of hidden units). The constraint on each unit's incoming weights belongs to
the optimiser's step and is not part of the network. Their 784-800-800-10 student has no regularisation.
"""


class MLP(nn.Module):
    """Linear and ReLU layers on flattened images; images [N, channels, height, width] -> logits [N, classes].

    `layers` are the linear layers, the classifier last; `hidden[i]` is what follows `layers[i]`: ReLU, then dropout.
    `dropout` holds the probabilities on the inputs and on the hidden units. PyTorch's default initialisation.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        width: int,
        depth: int,
        dropout: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        super().__init__()
        self.dropout = dropout
        sizes = [math.prod(shape), *[width] * depth]
        self.inputs = nn.Sequential(nn.Flatten(), *_dropout(dropout[0]))
        self.layers = nn.ModuleList(
            nn.Linear(i, o) for i, o in zip(sizes, [*sizes[1:], classes], strict=True)
        )
        self.hidden = nn.ModuleList(nn.Sequential(nn.ReLU(), *_dropout(dropout[1])) for _ in range(depth))
        self.points = points_at(depth)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        x: Tensor = self.inputs(images)
        for layer, hidden in zip(self.layers, self.hidden, strict=False):
            x = hidden(layer(x))
        logits: Tensor = self.layers[-1](x)
        return logits


def size(name: str) -> tuple[int, int] | None:
    """Width and depth that a name `mlp-<width>[x<depth>]` asks for, or None for another name or one out of bounds."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    width, depth = int(match[1]), int(match[2] or 1)
    return (width, depth) if width <= WIDEST and depth <= DEEPEST else None


def _dropout(share: float) -> list[nn.Module]:
    return [nn.Dropout(share)] if share else []


def points_at(depth: int) -> dict[str, str]:
    """The feature points of so many hidden layers, each a different one: the path of the submodule by the point's name."""
    last = depth - 1
    places = {"early": 0, "middle": last // 2, "penultimate": last}
    kept = {"penultimate"} | ({"early"} if depth > 1 else set()) | ({"middle"} if depth > 2 else set())
    return {point: f"hidden.{place}" for point, place in places.items() if point in kept}
