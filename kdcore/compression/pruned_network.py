"""A network whose smallest weights are set to zero, trained on for a while with the others."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from kdcore.data import transfer_set
from kdcore.data.datasets import Dataset
from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy
from kdcore.training import schedules
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.optimiser import build_optimiser

State = dict[str, Tensor]


def prune_smallest(network: nn.Module, keep: int) -> None:
    """Leave about `keep` of the network's weights and biases: the smallest weights of all layers together become, and stay, zero.

    Biases and the scales of batch norm all stay. Source: Han, Pool, Tran and Dally 2015, Learning both weights and connections
    for efficient neural networks, section 3.
    """
    layers = [(layer, "weight") for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    weights = sum(layer.weight.numel() for layer, _ in layers)
    others = sum(each.numel() for each in network.parameters()) - int(weights)
    prune.global_unstructured(
        layers, pruning_method=prune.L1Unstructured, amount=max(0, int(weights) - max(1, keep - others))
    )


def fine_tune(network: nn.Module, dataset: Dataset, experiment: Experiment) -> Iterator[float]:
    """Train what is left of a pruned network on the student's images and labels, for the student's budget, in place.

    Yields the share that is done. The student's L1, clipping and max-norm are left out: they are about its own weights.
    """
    recipe = experiment.recipe
    transfer = transfer_set.transfer_set(dataset.train, experiment)
    sampler = BatchSampler(transfer, recipe, experiment.order_seed, dataset.black)
    optimiser = build_optimiser([*network.parameters()], recipe, "cpu")
    steps = recipe.epochs * sampler.steps_per_epoch
    network.train().requires_grad_(True)
    for step in range(steps):
        batch = sampler.batch(step)
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * schedules.rate(recipe.schedule, step / steps)
        loss = label_cross_entropy(network(batch.images)[None], batch.labels, recipe.label_smoothing).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield (step + 1) / steps
    network.eval()


def weights_left(network: nn.Module) -> State:
    """The weights of a pruned network under the names of the whole one, zeros included."""
    for layer in network.modules():
        if prune.is_pruned(layer) and isinstance(layer, nn.Linear | nn.Conv2d):
            prune.remove(layer, "weight")
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def nonzero(weights: State) -> int:
    """How many weights are left."""
    return sum(
        int(torch.count_nonzero(tensor)) for name, tensor in weights.items() if tensor.is_floating_point()
    )
