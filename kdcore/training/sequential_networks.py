"""Several networks of any kind, each run by itself: one after another, or side by side where that pays."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdcore.metrics.evaluation import evaluate
from kdcore.networks import uses_dropout
from kdcore.networks.feature_points import Taps
from kdcore.plan import Output
from kdcore.system.lanes import in_lanes
from kdcore.training.parameter_slots import ParameterSlot, call_with_weights, detached


class SequentialNetworks:
    """K networks that give outputs of the same shape."""

    def __init__(self, networks: Sequence[nn.Module], streams: Sequence[int] = (), lanes: int = 1) -> None:
        """`streams`: which of a step's batches each network sees; the first for all where none are given.

        lanes: how many networks run at once.
        """
        self.networks = list(networks)
        self.size = len(self.networks)
        self.lanes = min(lanes, self.size)
        self.streams = list(streams) or [0] * self.size
        self.dropout = any(uses_dropout(n) for n in self.networks)

    def parameter_slots(self) -> list[ParameterSlot]:
        """Every network's parameters, one network after another."""
        return [
            ParameterSlot(name, p, k) for k, n in enumerate(self.networks) for name, p in n.named_parameters()
        ]

    def forward(
        self,
        batches: Sequence[Tensor],
        points: Sequence[str] = (),
        noise_seeds: Sequence[int] = (0,),
        eval_members: Sequence[int] = (),
    ) -> Output:
        """Logits [K, N, C] and the tapped features, each [K, N, ...].

        batches: images [N, ...] per stream, or one batch for all networks. `eval_members` run in eval mode and without a
        graph, so that their batch statistics never see these images.
        """
        outputs = []
        for k in range(self.size):
            if self.dropout:
                torch.manual_seed(noise_seeds[self.streams[k] if len(batches) > 1 else 0])
            outputs.append(self.forward_network(k, batches, points, learns=k not in eval_members))
        return Output(
            torch.stack([own.logits for own in outputs]),
            {point: torch.stack([own.features[point] for own in outputs]) for point in points},
        )

    def forward_network(
        self, member: int, batches: Sequence[Tensor], points: Sequence[str] = (), *, learns: bool = True
    ) -> Output:
        """One network's logits [N, C] and features for the batch of its stream; without `learns` as `eval_members` run."""
        network, images = self.networks[member], batches[self.streams[member] if len(batches) > 1 else 0]
        with Taps(network, points) as tapped:
            logits = network(images) if learns else _eval_forward(network, images)
        return Output(logits, tapped)

    def forward_one(self, member: int, *inputs: Tensor, learn: bool) -> Tensor:
        """One network's output for inputs of its own; without `learn` its weights receive no gradient."""
        network = self.networks[member]
        weights = {} if learn else detached(dict(network.named_parameters()))
        return call_with_weights(network, inputs, weights)

    def evaluate(self, images: Tensor) -> Tensor:
        """Logits [K, n, C] in eval mode, without a graph."""
        return torch.stack(in_lanes(self.lanes, lambda network: evaluate(network, images), self.networks))

    @torch.inference_mode()
    def predict(self, images: Tensor, points: Sequence[str] = ()) -> Output:
        """`forward` for one batch, in eval mode and without a graph."""
        for network in self.networks:
            network.eval()
        output = self.forward([images], points)
        for network in self.networks:
            network.train()
        return output

    def module(self, member: int) -> nn.Module:
        """The module whose mode `forward_one` runs this network in."""
        return self.networks[member]

    def state_dict(self, member: int) -> dict[str, Tensor]:
        """One network's weights and buffers; not copies."""
        return {name: tensor.detach() for name, tensor in self.networks[member].state_dict().items()}

    def buffers(self) -> list[Tensor]:
        """What a forward pass in training mode may change: the networks' running statistics."""
        return [buffer for network in self.networks for buffer in network.buffers()]


def _eval_forward(network: nn.Module, images: Tensor) -> Tensor:
    """The network's logits in eval mode and without a graph; it is left in training mode."""
    network.eval()
    with torch.no_grad():
        logits: Tensor = network(images)
    network.train()
    return logits
