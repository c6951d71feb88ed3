"""Several perceptrons of one shape run as one batched program."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.metrics.evaluation import CHUNK
from kdcore.networks.mlp import MLP
from kdcore.plan import Output
from kdcore.training.parameter_slots import ParameterSlot, call_with_weights, detached


class StackedMLPs:
    """K perceptrons of one shape as one: weights [K, out, in], biases [K, out]."""

    def __init__(self, networks: Sequence[MLP], streams: Sequence[int] = ()) -> None:
        """`streams`: which of a step's batches each network sees; the first for all where none are given."""
        self.template = networks[0]
        self.size = len(networks)
        self.streams = list(streams) or [0] * self.size
        self.weights, self.biases = (
            [
                _stacked([network.get_parameter(f"layers.{i}.{kind}") for network in networks])
                for i in range(len(self.template.layers))
            ]
            for kind in ("weight", "bias")
        )
        self.training = True

    def parameter_slots(self) -> list[ParameterSlot]:
        """The stacked tensors under their names in a single network."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [
            ParameterSlot(f"layers.{i}.{kind}", tensor, None)
            for i, pair in enumerate(pairs)
            for kind, tensor in zip(("weight", "bias"), pair, strict=True)
        ]

    def forward(
        self,
        batches: Sequence[Tensor],
        points: Sequence[str] = (),
        noise_seeds: Sequence[int] = (0,),
        eval_members: Sequence[int] = (),
    ) -> Output:
        """Logits [K, N, C] and the tapped hidden layers, each [K, N, width].

        batches: images [N, ...] per stream, or one batch for all networks. `eval_members` are computed like the others:
        a forward pass changes nothing in a perceptron.
        """
        pixels = [batch.flatten(1) for batch in batches]
        masks: list[Tensor] = []
        if self.training and any(self.template.dropout):
            dropped = [self._dropout(batch, seed) for batch, seed in zip(pixels, noise_seeds, strict=True)]
            pixels = [batch for batch, _ in dropped]
            masks = [self._per_network(layer) for layer in zip(*(masks for _, masks in dropped), strict=True)]
        x = self._first_layer(pixels)
        features: dict[str, Tensor] = {}
        tapped = {path: point for point, path in self.template.points.items() if point in points}
        for i in range(1, len(self.weights)):
            x = F.relu(x)
            if masks:
                x = x * masks[i - 1]
            if (point := tapped.get(f"hidden.{i - 1}")) is not None:
                features[point] = x.mT
            x = torch.baddbmm(self.biases[i].unsqueeze(2), self.weights[i], x)
        return Output(x.mT, features)

    def _dropout(self, pixels: Tensor, seed: int) -> tuple[Tensor, list[Tensor]]:
        """A batch with dropout on its inputs, and a mask [width, N] per hidden layer, drawn in a single network's order."""
        input_drop, hidden_drop = self.template.dropout
        torch.manual_seed(seed)
        dropped = F.dropout(pixels, input_drop) if input_drop else pixels
        widths = [weight.shape[1] for weight in self.weights[:-1]]
        return dropped, [F.dropout(pixels.new_ones(len(pixels), width), hidden_drop).mT for width in widths]

    def _per_network(self, per_stream: Sequence[Tensor]) -> Tensor:
        """One tensor per network, stacked, from one per stream; unchanged where there is a single stream."""
        if len(per_stream) == 1:
            return per_stream[0]
        return torch.stack([per_stream[stream] for stream in self.streams])

    def _first_layer(self, pixels: Sequence[Tensor]) -> Tensor:
        """[K, width, N], as every layer gives: with the images innermost, products, ReLU and softmax run faster.

        Networks that read the same images make one tall product instead of many small ones.
        """
        k, width, inputs = self.weights[0].shape
        if len(pixels) == 1:
            runs = [(0, k)]
        else:
            runs = [(stream, len([*networks])) for stream, networks in groupby(self.streams)]
        if len({length for _, length in runs}) > 1:
            return self._first_layer_of_uneven_runs(pixels, runs)
        if len(runs) > 1:
            batches = torch.stack([pixels[stream] for stream, _ in runs]).mT
        else:
            batches = pixels[runs[0][0]].mT[None]
        weights = self.weights[0].reshape(len(runs), -1, inputs)
        biases = self.biases[0].reshape(len(runs), -1, 1)
        return torch.baddbmm(biases, weights, batches).reshape(k, width, -1)

    def _first_layer_of_uneven_runs(
        self, pixels: Sequence[Tensor], runs: Sequence[tuple[int, int]]
    ) -> Tensor:
        """One product per run of neighbours that read the same stream; runs: its stream and its length."""
        width = self.weights[0].shape[1]
        lengths = [length for _, length in runs]
        parts = zip(runs, self.weights[0].split(lengths), self.biases[0].split(lengths), strict=True)
        return torch.cat(
            [
                torch.addmm(bias.reshape(-1, 1), weight.flatten(0, 1), pixels[stream].mT).reshape(
                    length, width, -1
                )
                for (stream, length), weight, bias in parts
            ]
        )

    def forward_one(self, member: int, *inputs: Tensor, learn: bool) -> Tensor:
        """One network's logits for images [N, ...] of its own; without `learn` its weights receive no gradient."""
        weights = {slot.name: slot.tensor[member] for slot in self.parameter_slots()}
        return call_with_weights(self.template, inputs, weights if learn else detached(weights))

    def evaluate(self, images: Tensor) -> Tensor:
        """Logits [K, n, C] in eval mode, without a graph."""
        return torch.cat([self.predict(part).logits for part in images.split(CHUNK)], dim=1)

    @torch.inference_mode()
    def predict(self, images: Tensor, points: Sequence[str] = ()) -> Output:
        """`forward` for one batch, in eval mode and without a graph."""
        self.training = False
        output = self.forward([images], points)
        self.training = True
        return output

    def module(self, member: int) -> nn.Module:
        """The module whose mode `forward_one` runs this network in: one for all."""
        return self.template

    def state_dict(self, member: int) -> dict[str, Tensor]:
        """One network's weights, named as in the single network; not copies."""
        return {slot.name: slot.tensor.detach()[member] for slot in self.parameter_slots()}

    def buffers(self) -> list[Tensor]:
        """What a forward pass in training mode may change: nothing."""
        return []


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([t.detach() for t in tensors]).requires_grad_(True)
