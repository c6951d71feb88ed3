"""Batches as a function of the seed and the step, so that all students see the same ones and any step can be repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kdcore.data.augmentation import augment, mixup
from kdcore.data.transfer_set import TransferSet
from kdcore.plan import Labels
from kdcore.recipe import Recipe


@dataclass(frozen=True)
class InputBatch:
    """What the networks see in one step.

    Attributes:
        images: [N, channels, height, width], as augmented.
        labels: Of these images.
        indices: Which images of the transfer set they are, [N].
        partner_indices: Under mixup, which images are mixed in, [N]; else None.
    """

    images: Tensor
    labels: Labels
    indices: Tensor
    partner_indices: Tensor | None


class BatchSampler:
    """Batches of a transfer set in a seeded order: every image once per epoch, batch sizes differing by at most one."""

    def __init__(self, transfer: TransferSet, recipe: Recipe, seed: int, fill: Tensor) -> None:
        """`fill`: a black pixel as the networks see it, one value per channel."""
        self.images, self.indices = transfer.images, transfer.chosen
        self.labels = Labels(transfer.labels, transfer.known)
        self.recipe, self.seed, self.fill = recipe, seed, fill
        self.steps_per_epoch = -(-len(self.images) // recipe.batch_size)
        self._epoch = -1
        self._epoch_batches: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, step: int) -> InputBatch:
        """The batch of that step, counted from 0 over the whole run."""
        epoch, number = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self), generator=self._generator(epoch, 0)).to(self.images.device)
            self._epoch, self._epoch_batches = epoch, order.tensor_split(self.steps_per_epoch)
        indices = self._epoch_batches[number]
        images = self.images.index_select(0, indices)  # copies whole rows: twice as fast as images[indices]
        if not self.recipe.augments:
            return InputBatch(images, self._labels(indices), indices, None)
        return self._augmented(images, indices, step)

    def _augmented(self, images: Tensor, indices: Tensor, step: int) -> InputBatch:
        generator = self._generator(step, 1)
        images = augment(images, self.recipe, generator, self.fill)
        if not self.recipe.mixup:
            return InputBatch(images, self._labels(indices), indices, None)
        images, permutation, share = mixup(images, self.recipe.mixup, generator)
        partners = indices[permutation]
        first, second = self._labels(indices), self._labels(partners)
        known = None if first.known is None or second.known is None else first.known & second.known
        labels = replace(first, known=known, other=second.index, share=share)
        return InputBatch(images, labels, indices, partners)

    def _labels(self, indices: Tensor) -> Labels:
        known = self.labels.known
        index = self.labels.index.index_select(0, indices)
        return Labels(index, None if known is None else known[indices], margin=self.recipe.margin)

    def _generator(self, number: int, purpose: int) -> torch.Generator:
        return torch.Generator().manual_seed(noise_seed(self.seed, number) * 2 + purpose)


def noise_seed(seed: int, step: int) -> int:
    """The seed of the dropout and the augmentation of one step, far from those of neighbouring steps and of other runs."""
    return (seed * 1_000_003 + step * 7_919 + 12_345) % (2**31)
