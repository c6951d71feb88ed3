"""Whether several networks of one architecture run stacked, as one program, or one after another."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from kdcore.networks.mlp import MLP
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.stacked_mlps import StackedMLPs

WIDE = 400
"""Units in a layer from which perceptrons run faster one after another (measured on two cores at batch 128)."""

NetworkProgram = StackedMLPs | SequentialNetworks


def network_program(
    networks: Sequence[nn.Module], streams: Sequence[int] = (), stacked: bool | None = None, lanes: int = 1
) -> NetworkProgram:
    """The faster way to run these networks of one architecture: perceptrons stacked, others one after another.

    `stacked` is what was measured (`stacking_pays`). Without it, perceptrons with a wide layer run one after another: such
    a layer fills the processor by itself, while a batched product gives each network's matrix to one thread. A batched
    convolution (a grouped one) is slower than a loop on a CPU, and batch statistics differ between networks.

    lanes: how many of them run at once where they do not run stacked.
    """
    perceptrons = [n for n in networks if isinstance(n, MLP)]
    if len(perceptrons) < len(networks) or len(perceptrons) < 2:
        return SequentialNetworks(networks, streams, lanes)
    if stacked is None:
        stacked = max(len(p) for p in perceptrons[0].parameters()) <= WIDE
    return StackedMLPs(perceptrons, streams) if stacked else SequentialNetworks(perceptrons, streams, lanes)


def probe(program: NetworkProgram, member: int, images: Tensor) -> Tensor:
    """One network's logits for images [N, ...] in eval mode, with the graph back to the images alone."""
    module = program.module(member)
    module.eval()
    logits = program.forward_one(member, images, learn=False)
    module.train()
    return logits
