"""Several networks of one architecture run as one program: stacked, or one after another."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.metrics.evaluation import CHUNK, evaluate
from kdcore.networks import uses_dropout
from kdcore.networks.feature_points import Taps
from kdcore.networks.mlp import MLP
from kdcore.plan import Output

TRIED_STEPS = 6


WIDE = 400
"""Units in a layer from which perceptrons run faster one after another (measured on two cores at batch 128)."""


@dataclass(frozen=True)
class ParameterSlot:
    """A trained tensor: one member's own, or with a leading dimension over all members."""

    name: str
    tensor: Tensor
    member: int | None


class StackedMLPs:
    """K perceptrons of one shape as one: weights [K, out, in], biases [K, out]."""

    def __init__(self, networks: Sequence[MLP], lanes: Sequence[int] = ()) -> None:
        """`lanes`: which of the batches each member sees; all see the first where none is given."""
        self.template = networks[0]
        self.size = len(networks)
        self.lanes = list(lanes) or [0] * self.size
        self.weights, self.biases = (
            [
                _stacked([network.get_parameter(f"layers.{i}.{kind}") for network in networks])
                for i in range(len(self.template.layers))
            ]
            for kind in ("weight", "bias")
        )
        self.training = True

    def slots(self) -> list[ParameterSlot]:
        """The stacked tensors under their names in a single network."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [
            ParameterSlot(f"layers.{i}.{kind}", tensor, None)
            for i, pair in enumerate(pairs)
            for kind, tensor in zip(("weight", "bias"), pair, strict=True)
        ]

    def answer(
        self,
        images: Sequence[Tensor],
        points: Sequence[str] = (),
        noise_seeds: Sequence[int] = (0,),
        spared: Sequence[int] = (),
    ) -> Output:
        """Logits [K, N, C] and the tapped hidden layers; images: a batch [N, ...] a lane, or one for all members.

        Answers leave no trace in these networks, so that `spared` members may answer too.
        """
        pixels = [batch.flatten(1) for batch in images]
        masks: list[Tensor] = []
        if self.training and any(self.template.dropout):
            noisy = [self._noise(batch, seed) for batch, seed in zip(pixels, noise_seeds, strict=True)]
            pixels = [batch for batch, _ in noisy]
            masks = [self._by_member(layer) for layer in zip(*(masks for _, masks in noisy), strict=True)]
        x = self._first_layer(pixels)
        features: dict[str, Tensor] = {}
        wanted = {path: point for point, path in self.template.points.items() if point in points}
        for i in range(1, len(self.weights)):
            x = F.relu(x)
            if masks:
                x = x * masks[i - 1]
            if (point := wanted.get(f"hidden.{i - 1}")) is not None:
                features[point] = x.mT
            x = torch.baddbmm(self.biases[i].unsqueeze(2), self.weights[i], x)
        return Output(x.mT, features)

    def _noise(self, pixels: Tensor, seed: int) -> tuple[Tensor, list[Tensor]]:
        """A batch with its inputs dropped out, and a mask [width, N] a hidden layer: drawn in the order of a single network."""
        input_drop, hidden_drop = self.template.dropout
        torch.manual_seed(seed)
        dropped = F.dropout(pixels, input_drop) if input_drop else pixels
        widths = [weight.shape[1] for weight in self.weights[:-1]]
        return dropped, [F.dropout(pixels.new_ones(len(pixels), width), hidden_drop).mT for width in widths]

    def _by_member(self, lanes: Sequence[Tensor]) -> Tensor:
        """What each lane has, one for each member; as it is where there is one lane."""
        return lanes[0] if len(lanes) == 1 else torch.stack([lanes[lane] for lane in self.lanes])

    def _first_layer(self, pixels: Sequence[Tensor]) -> Tensor:
        """Members that read the same images make one tall product instead of many small ones. Gives [K, width, N], as all
        layers do: with the images innermost, products, ReLU and softmax run faster."""
        k, width, inputs = self.weights[0].shape
        runs = [(0, k)] if len(pixels) == 1 else [(lane, len([*who])) for lane, who in groupby(self.lanes)]
        if len({length for _, length in runs}) == 1:
            seen = (
                torch.stack([pixels[lane] for lane, _ in runs]).mT
                if len(runs) > 1
                else pixels[runs[0][0]].mT[None]
            )
            tall = self.weights[0].reshape(len(runs), -1, inputs), self.biases[0].reshape(len(runs), -1, 1)
            return torch.baddbmm(tall[1], tall[0], seen).reshape(k, width, -1)
        lengths = [length for _, length in runs]
        parts = zip(runs, self.weights[0].split(lengths), self.biases[0].split(lengths), strict=True)
        return torch.cat(
            [
                torch.addmm(bias.reshape(-1, 1), weight.flatten(0, 1), pixels[lane].mT).reshape(n, width, -1)
                for (lane, n), weight, bias in parts
            ]
        )

    def ask(self, member: int, *inputs: Tensor, learn: bool) -> Tensor:
        """What one member says to images [N, ...] of its own; without `learn` its weights receive no gradient."""
        weights = {slot.name: slot.tensor[member] for slot in self.slots()}
        return run(self.template, inputs, weights if learn else detached(weights))

    def evaluate(self, images: Tensor) -> Tensor:
        """Logits [K, n, C] in eval mode, without a graph."""
        return torch.cat([self.look(part).logits for part in images.split(CHUNK)], dim=1)

    @torch.inference_mode()
    def look(self, images: Tensor, points: Sequence[str] = ()) -> Output:
        """What `answer` says, in eval mode and without a graph."""
        self.training = False
        said = self.answer([images], points)
        self.training = True
        return said

    def state(self, member: int) -> dict[str, Tensor]:
        """One member's weights, named as in its single network."""
        return {slot.name: slot.tensor.detach()[member] for slot in self.slots()}


class SequentialNetworks:
    """K networks of any kind, one after another."""

    def __init__(self, networks: Sequence[nn.Module], lanes: Sequence[int] = ()) -> None:
        """`lanes`: which of the batches each member sees; all see the first where none is given."""
        self.networks = list(networks)
        self.size = len(self.networks)
        self.lanes = list(lanes) or [0] * self.size
        self.dropout = any(uses_dropout(n) for n in self.networks)

    def slots(self) -> list[ParameterSlot]:
        """Every network's parameters, one after another."""
        return [
            ParameterSlot(name, p, k) for k, n in enumerate(self.networks) for name, p in n.named_parameters()
        ]

    def answer(
        self,
        images: Sequence[Tensor],
        points: Sequence[str] = (),
        noise_seeds: Sequence[int] = (0,),
        spared: Sequence[int] = (),
    ) -> Output:
        """Logits [K, N, C] and the tapped features, each [K, N, ...]; images: a batch [N, ...] a lane, or one for all.

        `spared` members answer in eval mode and without a graph: their batch statistics never see these images.
        """
        logits, features = [], []
        for k, network in enumerate(self.networks):
            lane = self.lanes[k] if len(images) > 1 else 0
            if self.dropout:
                torch.manual_seed(noise_seeds[lane])
            with Taps(network, points) as tapped:
                logits.append(_in_passing(network, images[lane]) if k in spared else network(images[lane]))
            features.append(tapped)
        return Output(
            torch.stack(logits), {point: torch.stack([f[point] for f in features]) for point in points}
        )

    def ask(self, member: int, *inputs: Tensor, learn: bool) -> Tensor:
        """What one member says to inputs of its own; without `learn` its weights receive no gradient."""
        network = self.networks[member]
        return run(network, inputs, {} if learn else detached(dict(network.named_parameters())))

    def evaluate(self, images: Tensor) -> Tensor:
        """Logits [K, n, C] in eval mode, without a graph."""
        return torch.stack([evaluate(network, images) for network in self.networks])

    @torch.inference_mode()
    def look(self, images: Tensor, points: Sequence[str] = ()) -> Output:
        """What `answer` says, in eval mode and without a graph."""
        for network in self.networks:
            network.eval()
        said = self.answer([images], points)
        for network in self.networks:
            network.train()
        return said

    def state(self, member: int) -> dict[str, Tensor]:
        """One member's weights and buffers."""
        return {name: tensor.detach() for name, tensor in self.networks[member].state_dict().items()}


NetworkProgram = StackedMLPs | SequentialNetworks


def network_program(
    networks: Sequence[nn.Module], lanes: Sequence[int] = (), together: bool | None = None
) -> NetworkProgram:
    """The faster way to run these networks of one architecture: perceptrons together, others each alone.

    `together` is what was measured (`together_pays`); where nothing was, perceptrons with a wide layer run alone. A batched convolution (a grouped one) is slower than a loop on a CPU, and batch statistics differ by member. A wide
    layer fills the processor by itself, while a batched product gives each member's matrix to one thread.
    """
    alike = [n for n in networks if isinstance(n, MLP)]
    if len(alike) < len(networks) or len(alike) < 2:
        return SequentialNetworks(networks, lanes)
    if together is None:
        together = max(len(p) for p in alike[0].parameters()) <= WIDE
    return StackedMLPs(alike, lanes) if together else SequentialNetworks(alike, lanes)


def stacking_pays(networks: Sequence[nn.Module], lanes: Sequence[int], images: Sequence[Tensor]) -> bool:
    """Whether these networks take a step on such batches (one a lane) faster as one program than one after another.

    Measured, for up to a second each way, and only where there are two ways. The networks' gradients are lost.
    """
    one = network_program(networks, lanes, together=True)
    if isinstance(one, SequentialNetworks):
        return False
    return _seconds_a_step(one, images) <= _seconds_a_step(SequentialNetworks(networks, lanes), images)


def _seconds_a_step(running: NetworkProgram, images: Sequence[Tensor]) -> float:
    """The best of a few steps, forwards and backwards; the first does not count."""
    seeds, best, began = [0] * len(images), float("inf"), time.monotonic()
    for i in range(TRIED_STEPS):
        start = time.perf_counter()
        running.answer(images, (), seeds).logits.square().mean().backward()
        if images[0].is_cuda:
            torch.cuda.synchronize()
        if i:
            best = min(best, time.perf_counter() - start)
        if i and time.monotonic() - began > 1.0:
            break
    return best


def run(module: nn.Module, inputs: Sequence[Tensor], weights: Mapping[str, Tensor]) -> Tensor:
    """What the module says with these weights in the place of its own."""
    if not weights:
        said: Tensor = module(*inputs)
        return said
    instead: Tensor = torch.func.functional_call(module, dict(weights), tuple(inputs))
    return instead


def _in_passing(network: nn.Module, images: Tensor) -> Tensor:
    """What the network says in eval mode and without a graph, its batch statistics as they were."""
    network.eval()
    with torch.no_grad():
        said: Tensor = network(images)
    network.train()
    return said


def probed(running: NetworkProgram, member: int, images: Tensor) -> Tensor:
    """What one member says to images [N, ...] in eval mode, with the graph back to the images alone."""
    module = running.template if isinstance(running, StackedMLPs) else running.networks[member]
    module.eval()
    said = running.ask(member, images, learn=False)
    module.train()
    return said


def detached(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, which receive no gradient."""
    return {name: tensor.detach() for name, tensor in weights.items()}


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([t.detach() for t in tensors]).requires_grad_(True)
