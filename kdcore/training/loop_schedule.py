"""At which steps of a run the loop reports, validates, measures gradients and shows pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

REPORTS = 250
"""Loss reports over a whole run."""
FEWEST_GRADIENTS = 20
"""Gradient measurements over a whole run, where it has as many steps."""
GRADIENTS_EVERY = 300
"""Steps between two gradient measurements of a long run: one costs less than two steps."""
SNAPSHOTS = 60
"""Snapshots of the pinned images over a whole run, at most."""
FEWEST_VALIDATIONS = 6
"""Validations over a whole run: inside epochs where there are fewer epochs."""
ENOUGH_VALIDATIONS = 20
"""Validations over a whole run below which no epoch goes without one."""


@dataclass(frozen=True)
class LoopSchedule:
    """A function of the step alone, never of the clock; steps are counted from 0 over the whole run.

    Attributes:
        total: Steps in the run.
        per_epoch: Steps in an epoch.
        report_every: Steps between two loss reports.
        gradients_every: Steps between two gradient measurements.
        validations: Steps after which every network is validated.
        snapshot_every: Validations from one snapshot to the next.
    """

    total: int
    per_epoch: int
    report_every: int
    gradients_every: int
    validations: frozenset[int]
    snapshot_every: int

    def epoch(self, step: int) -> float:
        """Epochs done after so many steps."""
        return step / self.per_epoch

    def share(self, step: int) -> float:
        """Share of the run done after so many steps, 0 to 1."""
        return step / self.total

    def epoch_end(self, step: int) -> int:
        """The first step after `step` at which an epoch ends."""
        return (step // self.per_epoch + 1) * self.per_epoch

    def is_snapshot(self, step: int) -> bool:
        """Whether the validation after this step also takes a snapshot; the last one does."""
        number = len([s for s in self.validations if s <= step])
        return number % self.snapshot_every == 0 or step == self.total


def loop_schedule(
    epochs: int, per_epoch: int, images: int, validation_images: int, snapshots: int
) -> LoopSchedule:
    """The schedule of a run over `epochs` of `per_epoch` steps; images: in the transfer set."""
    total = epochs * per_epoch
    validations = _validations(epochs, per_epoch, images, validation_images)
    return LoopSchedule(
        total,
        per_epoch,
        report_every=max(1, total // REPORTS),
        gradients_every=max(1, min(total // FEWEST_GRADIENTS, GRADIENTS_EVERY)),
        validations=validations,
        snapshot_every=max(1, len(validations) // snapshots),
    )


def _validations(epochs: int, per_epoch: int, images: int, validation_images: int) -> frozenset[int]:
    """Several in an epoch where there are few epochs; else one per epoch, or so few that they cost less than training."""
    parts = max(1, math.ceil(FEWEST_VALIDATIONS / epochs))
    every = min(math.ceil(validation_images / images), max(1, epochs // ENOUGH_VALIDATIONS))
    places = (epoch + part / parts for epoch in range(0, epochs, every) for part in range(parts))
    return frozenset({round(place * per_epoch) for place in places} | {epochs * per_epoch})
