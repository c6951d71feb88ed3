"""Several perceptrons of one shape run as one batched program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
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
        self._runs = [(stream, len([*networks])) for stream, networks in groupby(self.streams)]

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
        pixels, masks = self.dropped_out(batches, noise_seeds)
        if self.runs_are_even(len(pixels)):
            x = self.first_layer(self.inputs_per_run(pixels))
        else:
            x = self._first_layer_of_uneven_runs(pixels)
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

    def dropped_out(
        self, batches: Sequence[Tensor], noise_seeds: Sequence[int]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The pixels [N, inputs] per stream after dropout, and its masks per hidden layer; no masks where there is none."""
        pixels = [batch.flatten(1) for batch in batches]
        if not (self.training and any(self.template.dropout)):
            return pixels, []
        dropped = [self._dropout(batch, seed) for batch, seed in zip(pixels, noise_seeds, strict=True)]
        masks = zip(*(masks for _, masks in dropped), strict=True)
        return [batch for batch, _ in dropped], [self._per_network(layer) for layer in masks]

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

    def runs_are_even(self, streams: int) -> bool:
        """Whether all images, of so many streams, are read by equally many neighbours."""
        return streams == 1 or len({length for _, length in self._runs}) == 1

    def inputs_per_run(self, pixels: Sequence[Tensor]) -> Tensor:
        """[runs, inputs, N] from the pixels [N, inputs] per stream."""
        if len(pixels) == 1 or len(self._runs) == 1:
            return pixels[self._runs[0][0] if len(pixels) > 1 else 0].mT[None]
        return torch.stack([pixels[stream] for stream, _ in self._runs]).mT

    def first_layer(self, inputs: Tensor) -> Tensor:
        """[K, width, N], as every layer gives: with the images innermost, products, ReLU and softmax run faster.

        Networks that read the same images make one tall product instead of many small ones. inputs: [runs, inputs, N].
        """
        k, width, size = self.weights[0].shape
        weights = self.weights[0].reshape(len(inputs), -1, size)
        biases = self.biases[0].reshape(len(inputs), -1, 1)
        return torch.baddbmm(biases, weights, inputs).reshape(k, width, -1)

    def _first_layer_of_uneven_runs(self, pixels: Sequence[Tensor]) -> Tensor:
        """One product per run of neighbours that read the same stream."""
        width, runs = self.weights[0].shape[1], self._runs
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

    @cached_property
    def gradient_memory(self) -> list[Tensor]:
        """Memory for the gradient of each layer's weights, the same at every step."""
        return [torch.empty_like(weights, requires_grad=False) for weights in self.weights]

    def buffers(self) -> list[Tensor]:
        """What a forward pass in training mode may change: nothing."""
        return []


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([t.detach() for t in tensors]).requires_grad_(True)
