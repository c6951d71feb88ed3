"""One training step of several networks side by side, each on a processor core of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from kdcore.plan import Output
from kdcore.system.lanes import in_lanes
from kdcore.system.precision import Precision, autocast
from kdcore.training.leaf_output import LOGITS, LeafOutput
from kdcore.training.sequential_networks import SequentialNetworks


class SideBySideStep:
    """The forward pass of one step, with each network's own graph.

    The networks learn to the last bit what they learn one after another on one thread.
    """

    def __init__(
        self,
        networks: SequentialNetworks,
        batches: Sequence[Tensor],
        points: Sequence[str],
        precision: Precision,
    ) -> None:
        """batches: images [N, ...] per stream. points: feature points that an objective taps."""
        self.networks, self.precision = networks, precision
        self.graphs = in_lanes(
            networks.lanes, lambda k: self._forward(k, batches, points), range(networks.size)
        )
        self.output = LeafOutput(
            torch.stack([own.logits.detach() for own in self.graphs]),
            {point: torch.stack([own.features[point].detach() for own in self.graphs]) for point in points},
        )

    def _forward(self, network: int, batches: Sequence[Tensor], points: Sequence[str]) -> Output:
        with autocast(batches[0].device.type, self.precision):
            output = self.networks.forward_network(network, batches, points)
        return output.float()

    def carry_back(self) -> None:
        """Add the gradients of all weights from what the objectives left at the outputs."""
        gradients = self.output.gradients()
        if gradients:
            in_lanes(self.networks.lanes, lambda k: self._carry_back(k, gradients), range(self.networks.size))

    def _carry_back(self, network: int, gradients: Mapping[str, Tensor]) -> None:
        own = self.graphs[network]
        roots = [own.features[name] if name != LOGITS else own.logits for name in gradients]
        torch.autograd.backward(roots, [gradient[network] for gradient in gradients.values()])
