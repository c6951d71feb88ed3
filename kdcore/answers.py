"""What the teacher says to each batch: computed once where images stay the same, on the students' own view where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from kdcore.feed import Feed, Sight, noise_seed
from kdcore.kept_logits import KeptLogits, name_of
from kdcore.machine import autocast
from kdcore.metrics import evaluate
from kdcore.networks import Taps
from kdcore.plan import Output


class Answers:
    """A teacher's answers to the images of one feed. The teacher is in eval mode and receives no gradient."""

    def __init__(
        self,
        network: nn.Module,
        feed: Feed,
        device: str,
        points: Sequence[str] = (),
        kept: KeptLogits | None = None,
    ) -> None:
        """`points`: feature points that a method taps, computed for every batch. `kept`: where logits are looked up."""
        self.kept = kept
        self.network = network.eval().requires_grad_(False)
        self.feed, self.device, self.points = feed, device, tuple(points)

    @cached_property
    def on_transfer_set(self) -> Tensor:
        """Logits [n, C] of the whole transfer set, not augmented; at most one forward pass over it."""
        return self._whole() if self.kept is None else self.kept.of(name_of(self.feed.chosen), self._whole)

    def _whole(self) -> Tensor:
        with autocast(self.device):
            return evaluate(self.network, self.feed.images).float().clone()

    def at(self, sight: Sight) -> Output:
        """Logits [N, C] and tapped features [N, ...] for one batch.

        Under augmentation teacher and students see the same view (Beyer et al. 2022, section 3: consistent teaching).
        """
        if self.points or self.feed.recipe.augments:
            return self._now(sight.images)
        return Output(self.on_transfer_set.index_select(0, sight.chosen))

    def look(self, images: Tensor) -> Output:
        """Logits [P, C] and tapped features [P, ...] for any images."""
        return self._now(images)

    @torch.no_grad()
    def _now(self, images: Tensor) -> Output:
        self.network.eval()
        with autocast(self.device), Taps(self.network, self.points) as features:
            logits = self.network(images)
        return Output(logits, features).float()


@dataclass(frozen=True)
class Seen:
    """One lane's part of a step: its batch, what the teacher says to it, and the seed of its noise."""

    sight: Sight
    teacher: Output | None
    noise_seed: int


@dataclass(frozen=True)
class Lane:
    """A feed and the teacher's answers to it: the members of a cohort that are on one lane see the same batches."""

    feed: Feed
    teacher: Answers | None = None

    def at(self, step: int) -> Seen:
        """What is seen at that step, counted from 0 over the whole run."""
        sight = self.feed.sight(step)
        said = None if self.teacher is None else self.teacher.at(sight)
        return Seen(sight, said, noise_seed(self.feed.seed, step))
