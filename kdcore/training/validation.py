"""Validation of every network of a cohort, with the logits of the pinned images where a snapshot is due."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from kdcore.data.datasets import Split
from kdcore.events import Snapshot, Validation
from kdcore.training.best_weights import BestWeights
from kdcore.training.cohort import Cohort
from kdcore.training.nan_guard import DivergenceGuard


def validate(
    cohort: Cohort,
    split: Split,
    guard: DivergenceGuard,
    best: BestWeights | None,
    step: int,
    epoch: float,
    pinned: tuple[int, ...],
) -> Iterator[Validation | Snapshot]:
    """Each network's errors and NLL on the whole split, noted in `best` where it is given.

    pinned: images to take a snapshot of. Whose NLL is no number leaves the cohort then, where the guard lets it.

    Raises:
        TrainingDiverged: an NLL became NaN or infinite, and the guard lets nobody leave alone.
    """
    choosing = None if best is None or best.chosen_on is None else cohort.logits(best.chosen_on.images)
    for ref, logits in cohort.logits(split.images).items():
        role = cohort.role(ref)
        errors, nll = _errors_and_nll(logits, split)
        if not guard.passes(role, nll, step):
            continue
        yield Validation(step, epoch, role, errors, len(logits), nll)
        if best is not None:
            if choosing is not None and best.chosen_on is not None:
                errors, nll = _errors_and_nll(choosing[ref], best.chosen_on)
            best.note(ref, errors, nll, epoch, partial(cohort.weights, ref))
        if pinned:
            rows = tuple(tuple(row) for row in logits[list(pinned)].tolist())
            yield Snapshot(step, epoch, role, pinned, rows)
    guard.take_out(cohort)


def _errors_and_nll(logits: Tensor, split: Split) -> tuple[int, float]:
    errors = int((logits.argmax(dim=1) != split.labels).sum())
    return errors, float(torch.nn.functional.cross_entropy(logits, split.labels))
