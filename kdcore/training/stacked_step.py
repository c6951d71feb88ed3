"""One training step of stacked perceptrons by hand: autograd sees their logits alone, not the layers before them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.training.leaf_output import LOGITS, LeafOutput
from kdcore.training.stacked_mlps import StackedMLPs


class StackedStep:
    """The forward pass of one step, with what is needed to carry the gradient of the logits back through the layers."""

    def __init__(self, networks: StackedMLPs, batches: Sequence[Tensor], noise_seeds: Sequence[int]) -> None:
        """batches: images [N, ...] per stream. noise_seeds: of the dropout, per stream."""
        self.networks = networks
        with torch.no_grad():
            pixels, self.masks = networks.dropped_out(batches, noise_seeds)
            self.inputs = networks.inputs_per_run(pixels)
            x = networks.first_layer(self.inputs)
            self.hidden: list[Tensor] = []
            for i in range(1, len(networks.weights)):
                x = x.relu_() * self.masks[i - 1] if self.masks else x.relu_()
                self.hidden.append(x)
                x = torch.baddbmm(networks.biases[i].unsqueeze(2), networks.weights[i], x)
        self.output = LeafOutput(x.mT)

    @torch.no_grad()
    def carry_back(self) -> None:
        """Add the gradients of all weights and biases from what the objectives left at the logits; none where they left none."""
        gradient = self.output.gradients().get(LOGITS)
        if gradient is None:
            return
        gradient = gradient.mT
        networks = self.networks
        for i in reversed(range(1, len(networks.weights))):
            x = self.hidden[i - 1]
            self._add_products(i, gradient, x.mT)
            _accumulate(networks.biases[i], gradient.sum(dim=2))
            gradient = torch.bmm(networks.weights[i].mT, gradient)
            if self.masks:
                gradient = gradient * self.masks[i - 1]
            gradient = torch.ops.aten.threshold_backward.default(gradient, x, 0)
        gradient = gradient.view(len(self.inputs), -1, gradient.shape[-1])
        self._add_products(0, gradient, self.inputs.mT)
        _accumulate(networks.biases[0], gradient.sum(dim=2).view_as(networks.biases[0]))

    def _add_products(self, layer: int, gradient: Tensor, inputs: Tensor) -> None:
        """The gradient of a layer's weights from that of their products and from what they were multiplied with."""
        memory = self.networks.gradient_memory[layer]
        if len(gradient) == 1:  # the same sums in less time
            torch.mm(gradient[0], inputs[0], out=memory.view(-1, inputs.shape[-1]))
        else:
            torch.bmm(gradient, inputs, out=memory.view(len(gradient), -1, inputs.shape[-1]))
        _accumulate(self.networks.weights[layer], memory)


def _accumulate(tensor: Tensor, gradient: Tensor) -> None:
    if tensor.grad is None:
        tensor.grad = gradient
    else:
        tensor.grad += gradient
