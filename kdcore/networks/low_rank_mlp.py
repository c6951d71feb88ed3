"""Residual perceptrons whose matrices are products of two thin ones: `lowrank-<width>[x<depth>]r<rank>`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.networks.mlp import DEEPEST, WIDEST, points_at

NAME = re.compile(r"lowrank-([1-9][0-9]{0,3})(?:x([1-9][0-9]?))?r([1-9][0-9]{0,3})", re.ASCII)


class Thin(nn.Module):
    """A linear layer whose matrix has a low rank: [N, inputs] -> [N, outputs], rank * (inputs + outputs) + outputs numbers.

    Source: Sainath, Kingsbury, Sindhwani, Arisoy and Ramabhadran 2013, Low-rank matrix factorization for deep neural
    network training with high-dimensional output targets, section 2. A silent layer says 0 until it has learned.
    """

    def __init__(self, inputs: int, outputs: int, rank: int, silent: bool = False) -> None:
        super().__init__()
        self.down = nn.Linear(inputs, rank, bias=False)
        self.up = nn.Linear(rank, outputs)
        if silent:
            nn.init.zeros_(self.up.weight)
            nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[N, outputs] for [N, inputs]."""
        said: Tensor = self.up(self.down(x))
        return said


class LowRankMLP(nn.Module):
    """ReLU layers of low rank on flattened images; images [N, channels, height, width] -> logits [N, classes].

    `layers` are the thin layers; from the second on a unit also sees its own value before, times its number in `skips`
    (1 at first): ReLU(skip * x + B A x + b), the residual of He et al. 2016. B and b of these layers begin at 0, so that
    at first they hand on what they see (Goyal et al. 2017, section 5.1). The classifier is an ordinary linear layer.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int, width: int, depth: int, rank: int) -> None:
        super().__init__()
        self.rank = rank
        sizes = [math.prod(shape), *[width] * (depth - 1)]
        self.layers = nn.ModuleList(Thin(size, width, rank, silent=i > 0) for i, size in enumerate(sizes))
        self.skips = nn.ParameterList(torch.ones(width) for _ in sizes[1:])
        self.hidden = nn.ModuleList(nn.ReLU() for _ in sizes)
        self.classifier = nn.Linear(width, classes)
        self.points = points_at(depth)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        x = self.hidden[0](self.layers[0](images.flatten(1)))
        for layer, hidden, skip in zip(self.layers[1:], self.hidden[1:], self.skips, strict=True):
            x = hidden(skip * x + layer(x))
        logits: Tensor = self.classifier(x)
        return logits

    def translated(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a perceptron under this network's names, each matrix as near as this rank comes to it.

        A layer becomes its truncated singular value decomposition; what that leaves on the diagonal goes to the skips.
        Layers of another size are left out; weights that no perceptron has stay as they are.
        Source: Xue, Li and Gong 2013, Restructuring of deep neural network acoustic models with singular value
        decomposition, section 2.
        """
        found = {name: re.fullmatch(r"layers\.(\d+)\.(weight|bias)", name) for name in weights}
        layers = {name: (int(m[1]), m[2]) for name, m in found.items() if m is not None}
        if any(weights[name].dim() != (2 if kind == "weight" else 1) for name, (_, kind) in layers.items()):
            return dict(weights)  # somebody else's layers, not a perceptron's
        last = max((layer for layer, _ in layers.values()), default=0)
        made = {name: tensor for name, tensor in weights.items() if name not in layers}
        for name, (layer, kind) in layers.items():
            if layer == last:
                made[f"classifier.{kind}"] = weights[name]
            elif kind == "bias":
                made[f"layers.{layer}.up.bias"] = weights[name]
            elif self._has(layer, weights[name]):
                made |= self._factors(layer, weights[name])
        return made

    def _has(self, layer: int, matrix: Tensor) -> bool:
        """Whether there is such a layer, and of this size: half a product would be worse than none."""
        thin = self.layers[layer] if layer < len(self.layers) else None
        return isinstance(thin, Thin) and matrix.shape == (thin.up.out_features, thin.down.in_features)

    def _factors(self, layer: int, matrix: Tensor) -> dict[str, Tensor]:
        """Both thin matrices of a layer, and for all but the first the skip."""
        down, up = truncated(matrix, self.rank)
        made = {f"layers.{layer}.down.weight": down, f"layers.{layer}.up.weight": up}
        if layer:
            made[f"skips.{layer - 1}"] = (matrix - up @ down).diagonal().clone()
        return made


def truncated(matrix: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """A [rank, inputs] and B [outputs, rank] whose product B A is the nearest to a matrix [outputs, inputs] of that rank.

    Each takes the root of a singular value, so that both are of one size; beyond the matrix's own rank they are 0. Source:
    Eckart and Young 1936, The approximation of one matrix by another of lower rank.
    """
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    missing = max(0, rank - len(s))
    root = s[:rank].sqrt()
    return F.pad(root[:, None] * v[:rank], (0, 0, 0, missing)), F.pad(u[:, :rank] * root, (0, missing))


def size(name: str) -> tuple[int, int, int] | None:
    """Width, depth and rank that a name asks for, or None for another name or one out of bounds."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    width, depth, rank = int(match[1]), int(match[2] or 1), int(match[3])
    return (width, depth, rank) if rank <= width <= WIDEST and depth <= DEEPEST else None
