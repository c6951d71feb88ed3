"""Stacked perceptrons give the outputs and gradients that the same networks give one after another."""

from __future__ import annotations

import pytest
import torch

from kdcore.networks.mlp import MLP
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.stacked_mlps import StackedMLPs


@pytest.mark.parametrize(
    "streams", [[0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 2], [0, 1, 0, 1, 2, 2], [0, 1, 2, 0, 1, 2]]
)
@pytest.mark.parametrize("dropout", [(0.0, 0.0), (0.2, 0.5), (0.0, 0.5)])
def test_both_ways_give_the_same_outputs_and_gradients(
    streams: list[int], dropout: tuple[float, float]
) -> None:
    shape = (1, 4, 4)
    torch.manual_seed(0)
    networks = [MLP(shape, 5, 12, 2, dropout) for _ in streams]
    batches, seeds = [torch.randn(7, *shape) for _ in range(3)], [11, 12, 13]
    target = torch.randn(len(streams), 7, 5)
    stacked, sequential = StackedMLPs(networks, streams), SequentialNetworks(networks, streams)
    outputs = [program.forward(batches, ("early", "penultimate"), seeds) for program in (stacked, sequential)]
    torch.testing.assert_close(outputs[0].logits, outputs[1].logits)
    torch.testing.assert_close(outputs[0].features["early"], outputs[1].features["early"])
    for output in outputs:
        ((output.logits - target) ** 2).sum().backward()
    for slot in stacked.parameter_slots():
        gradients = [s.tensor.grad for s in sequential.parameter_slots() if s.name == slot.name]
        torch.testing.assert_close(slot.tensor.grad, torch.stack(gradients))  # type: ignore[arg-type]
