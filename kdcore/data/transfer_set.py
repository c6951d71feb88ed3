"""The transfer set: the images that students train on, with labels left out, hidden or made noisy."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from kdcore.data.augmentation import refuse_misfit
from kdcore.data.datasets import Split
from kdcore.data.stratified import even, generator, stratified
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment


@dataclass(frozen=True)
class TransferSet:
    """What students train on: n of the training images, with the labels that they get to see.

    images: [n, channels, h, w]. labels: [n], noisy where the experiment asks for noise. clean_labels: [n], as published.
    known: [n] bool, False where only the teacher speaks; None where every label is seen. chosen: [n], the images' places
    in the training set, ascending. truth: [n, classes], the probabilities from which the published labels were drawn; None
    where nobody knows them.
    """

    images: Tensor
    labels: Tensor
    clean_labels: Tensor
    known: Tensor | None
    chosen: Tensor
    truth: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)


def whole(train: Split) -> TransferSet:
    """All training images with their labels as published: what a teacher learns from."""
    return TransferSet(train.images, train.labels, train.labels, None, torch.arange(len(train)), train.truth)


def transfer_set(train: Split, experiment: Experiment, among: Tensor | None = None) -> TransferSet:
    """The part of the training images, and of their labels, that the experiment's students see.

    among: [n] bool, the images that may be taken; None for all.

    Everything follows from `noise_seed`, each choice from a stream of its own: more noise keeps the same images, and a
    larger count keeps those of a smaller one. A `count` is spread evenly over the classes that are left, a `fraction`
    takes its share of each. Label noise replaces a share of the labels by one drawn uniformly from all classes (those
    left out too), so that with the share 0.5 and ten classes 45 % end up wrong.

    Raises:
        InvalidExperiment: more images than there are, a class that does not exist, fewer than two classes left, no
            image left, or a crop larger than the images.
    """
    refuse_misfit(experiment.recipe, min(train.images.shape[2:]))
    labels = train.labels.cpu()
    classes = int(labels.max()) + 1
    if among is None or bool(among.all()):
        chosen = _chosen(labels, classes, experiment)
    else:
        there = among.cpu().nonzero().flatten()
        chosen = there[_chosen(labels[there], classes, experiment)]
    clean = labels[chosen]
    noisy = _with_noise(clean, classes, experiment.label_noise, generator(experiment.noise_seed, 1))
    known = _known(len(chosen), experiment.hidden_labels, generator(experiment.noise_seed, 2))
    device = train.images.device
    return TransferSet(
        images=train.images if len(chosen) == len(labels) else train.images[chosen.to(device)],
        labels=noisy.to(device),
        clean_labels=clean.to(device),
        known=None if known is None else known.to(device),
        chosen=chosen.to(device),
        truth=None if train.truth is None else train.truth[chosen.to(device)],
    )


def _chosen(labels: Tensor, classes: int, experiment: Experiment) -> Tensor:
    if unknown := [number for number in experiment.omit if number >= classes]:
        raise InvalidExperiment(f"omit = {unknown[0]}: there are the classes 0 to {classes - 1}.")
    if len(experiment.omit) > classes - 2:
        raise InvalidExperiment("omit: a transfer set needs two classes or more. Leave fewer out.")
    left = torch.bincount(labels, minlength=classes)
    left[list(experiment.omit)] = 0
    there = int(left.sum())
    if experiment.count is None:
        shares = (left * experiment.fraction).round().long()
    elif experiment.count <= there:
        shares = even(left, experiment.count)
    else:
        raise InvalidExperiment(
            f"count = {experiment.count}: there are {there:,} training images to choose from."
        )
    if not shares.any():
        raise InvalidExperiment(
            f"fraction = {experiment.fraction}: no image of {there:,} is left. Choose a larger one."
        )
    return stratified(labels, shares, generator(experiment.noise_seed, 0))


def _with_noise(labels: Tensor, classes: int, share: float, generator: torch.Generator) -> Tensor:
    noisy = labels.clone()
    replaced = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    noisy[replaced] = torch.randint(classes, (len(labels),), generator=generator)[: len(replaced)]
    return noisy


def _known(count: int, hidden: float, generator: torch.Generator) -> Tensor | None:
    if not hidden:
        return None
    known = torch.ones(count, dtype=torch.bool)
    known[torch.randperm(count, generator=generator)[: round(hidden * count)]] = False
    return known
