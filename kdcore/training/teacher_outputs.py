"""The teacher's outputs for each batch: computed once where images stay the same, for each batch anew under augmentation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from kdcore.data.augmentation import shifted_copies
from kdcore.metrics.evaluation import evaluate
from kdcore.networks.feature_points import Taps
from kdcore.plan import Output
from kdcore.system.device import device_memory
from kdcore.system.precision import Precision, autocast
from kdcore.training.batch_sampler import BatchSampler, InputBatch
from kdcore.training.logit_cache import LogitCache, selection_name

MEMORY_SHARE = 1 / 8
"""The share of the device's memory that the tapped features of a transfer set may take; larger ones are computed batch by batch."""
CHUNK = 128
"""Images in one forward pass that taps features."""


class TeacherOutputs:
    """A teacher's outputs for one sampler's images. The teacher is in eval mode and receives no gradient."""

    def __init__(
        self,
        network: nn.Module,
        sampler: BatchSampler,
        device: str,
        points: Sequence[str] = (),
        cache: LogitCache | None = None,
        precision: Precision = "float32",
        logit_shift: int = 0,
        each_view: bool | None = None,
    ) -> None:
        """`points`: feature points that a method taps. `cache`: where logits are kept between runs.

        logit_shift: logits on the transfer set are the mean over copies shifted by up to this many pixels each way.
        each_view: whether the teacher looks at each augmented view; by default where there is augmentation. Else it looks at
        the images as they are, whatever the students see.
        """
        self.logit_shift = logit_shift
        self.each_view = sampler.recipe.augments if each_view is None else each_view
        self.cache, self.precision = cache, precision
        self.network = network.eval().requires_grad_(False)
        self.sampler, self.device, self.points = sampler, device, tuple(points)

    @cached_property
    def on_transfer_set(self) -> Tensor:
        """Logits [n, C] of the whole transfer set, not augmented; at most one forward pass over it, or over each shifted copy."""
        if self.cache is None:
            return self._transfer_set_logits()
        name = selection_name(self.sampler.indices)
        if self.logit_shift:
            name += f" shifted by up to {self.logit_shift}"
        return self.cache.get(name, self._transfer_set_logits, self.precision)

    def _transfer_set_logits(self) -> Tensor:
        copies = shifted_copies(self.sampler.images, self.logit_shift, self.sampler.fill)
        with autocast(self.device, self.precision):
            logits = [evaluate(self.network, copy).float() for copy in copies]
        return torch.stack(logits).mean(dim=0)

    def for_batch(self, batch: InputBatch) -> Output:
        """Logits [N, C] and tapped features [N, ...] for one batch.

        Under augmentation teacher and students see the same view (Beyer et al. 2022, section 3: consistent teaching), or the
        teacher sees the image as it is (there: fixed teacher).
        """
        if not self.computed_once:
            return self.for_images(
                batch.images if self.each_view else self.sampler.images.index_select(0, batch.indices)
            )
        features = {point: f.index_select(0, batch.indices) for point, f in self.features.items()}
        return Output(self.on_transfer_set.index_select(0, batch.indices), features)

    @cached_property
    def computed_once(self) -> bool:
        """Whether one forward pass per image is enough: the teacher sees no augmented views, and all tapped features fit into
        MEMORY_SHARE."""
        if self.each_view or not self.points:
            return not self.each_view
        one = self.for_images(self.sampler.images[:1]).features.values()
        size = len(self.sampler) * sum(f.numel() * f.element_size() for f in one)
        return size <= MEMORY_SHARE * device_memory(self.device)

    @cached_property
    def features(self) -> dict[str, Tensor]:
        """The tapped features of the whole transfer set, each [n, ...]; at most one forward pass over it."""
        if not self.points:
            return {}
        parts = [self.for_images(part).features for part in self.sampler.images.split(CHUNK)]
        return {point: torch.cat([part[point] for part in parts]) for point in self.points}

    @torch.no_grad()
    def for_images(self, images: Tensor) -> Output:
        """Logits [P, C] and tapped features [P, ...] for any images."""
        self.network.eval()
        with autocast(self.device, self.precision), Taps(self.network, self.points) as features:
            logits = self.network(images)
        return Output(logits, features).float()
