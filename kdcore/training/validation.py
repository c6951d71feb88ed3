"""Validation of every network of a cohort, with the logits of the pinned images where a snapshot is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from kdcore.data.datasets import Split
from kdcore.events import Snapshot, Validation
from kdcore.training.best_weights import BestWeights
from kdcore.training.cohort import Cohort
from kdcore.training.nan_guard import check_finite


@dataclass(frozen=True)
class ValidationSplits:
    """The images that are reported on, and those by which the weights are chosen that are kept: the same, in a sound run."""

    shown: Split
    chosen_on: Split


def validate(
    cohort: Cohort,
    splits: ValidationSplits,
    best: BestWeights | None,
    step: int,
    epoch: float,
    pinned: tuple[int, ...],
) -> Iterator[Validation | Snapshot]:
    """Each network's errors and NLL on the whole split that is shown; pinned: its images to take a snapshot of.

    What it makes of the split that chooses is noted in `best`, where it is given.

    Raises:
        TrainingDiverged: an NLL became NaN or infinite.
    """
    shown, chosen_on = splits.shown, splits.chosen_on
    choosing = None if chosen_on is shown else cohort.logits(chosen_on.images)
    for ref, logits in cohort.logits(shown.images).items():
        role = cohort.role(ref)
        errors, nll = _errors_and_nll(logits, shown)
        check_finite(role, nll, step)
        yield Validation(step, epoch, role, errors, len(logits), nll)
        if best is not None:
            by = (errors, nll) if choosing is None else _errors_and_nll(choosing[ref], chosen_on)
            best.note(ref, *by, epoch, partial(cohort.weights, ref))
        if pinned:
            rows = tuple(tuple(row) for row in logits[list(pinned)].tolist())
            yield Snapshot(step, epoch, role, pinned, rows)


def _errors_and_nll(logits: Tensor, split: Split) -> tuple[int, float]:
    errors = int((logits.argmax(dim=1) != split.labels).sum())
    return errors, float(torch.nn.functional.cross_entropy(logits, split.labels))
