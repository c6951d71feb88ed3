"""Outputs that end the graph: the objectives' gradients gather at them, and a step carries them back by its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from kdcore.plan import Output

LOGITS = ""
"""Beside the names of feature points: the logits' own."""


@dataclass(frozen=True)
class LeafOutput(Output):
    """Logits and features without a graph: each objective gets its part of them as leaves.

    Attributes:
        leaves: the parts that were handed out: of which output, of which networks, and the part itself.
    """

    leaves: list[tuple[str, slice, Tensor]] = field(default_factory=list)

    def part(self, networks: slice) -> Output:
        """The outputs of neighbouring networks, as leaves."""
        features = {point: self._leaf(point, whole, networks) for point, whole in self.features.items()}
        return Output(self._leaf(LOGITS, self.logits, networks), features)

    def _leaf(self, name: str, whole: Tensor, networks: slice) -> Tensor:
        leaf = whole[networks].requires_grad_()
        self.leaves.append((name, networks, leaf))
        return leaf

    def gradients(self) -> Mapping[str, Tensor]:
        """The gradient of each output that an objective read, in its shape: 0 for networks of which none did."""
        found: dict[str, Tensor] = {}
        for name, networks, leaf in self.leaves:
            if leaf.grad is not None:
                whole = self.features[name] if name else self.logits
                found.setdefault(name, whole.new_zeros(whole.shape))[networks].add_(leaf.grad)
        return found
