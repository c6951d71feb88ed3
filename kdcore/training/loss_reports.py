"""Loss terms and figures averaged between two reports: the one place where the loop waits for the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from kdcore.events import BatchMetrics, Event, Measured, TermValue
from kdcore.training.cohort import Cohort
from kdcore.training.members import NetworkRef
from kdcore.training.nan_guard import DivergenceGuard
from kdcore.training.step_losses import StepFigure, StepLosses, StepTerms


class LossReports:
    """Gathers steps of one cohort, which stays in the same stages between two reports."""

    def __init__(self, cohort: Cohort, guard: DivergenceGuard) -> None:
        self.cohort, self.guard = cohort, guard
        self.pending: list[StepLosses] = []

    def add(self, losses: StepLosses) -> None:
        """Add one step."""
        self.pending.append(losses)

    def report(self, step: int, epoch: float, learning_rate: float) -> Iterator[Event]:
        """The means since the last report: each network's loss, then the method's figures; nothing if there was no step.

        Whose loss is no number leaves the cohort then, where the guard lets it.

        Raises:
            TrainingDiverged: a loss became NaN or infinite, and the guard lets nobody leave alone.
        """
        if not self.pending:
            return
        terms, figures = self._mean_terms(), self._mean_figures()
        self.pending = []
        for role, values in terms.items():
            if self.guard.passes(role, sum(t.scaled for t in values), step):
                yield BatchMetrics(step, epoch, role, tuple(values), learning_rate)
        for role, measured in figures.items():
            yield Measured(step, epoch, role, measured)
        self.guard.take_out(self.cohort)

    def _mean_terms(self) -> dict[str, list[TermValue]]:
        raw, scaled = _means_of_terms([losses.terms for losses in self.pending])
        terms: dict[str, list[TermValue]] = {}
        for i, (role, name) in enumerate(self._names(self.pending[-1].terms)):
            terms.setdefault(role, []).append(TermValue(name, raw[i], scaled[i]))
        return terms

    def _mean_figures(self) -> dict[str, dict[str, float]]:
        """Each figure's mean over the batches that have it."""
        means = _means([[f.value for f in losses.figures] for losses in self.pending], torch.nanmean)
        figures: dict[str, dict[str, float]] = {}
        for i, (role, name) in enumerate(self._names(self.pending[-1].figures)):
            if not math.isnan(means[i]):
                figures.setdefault(role, {})[name] = means[i]
        return figures

    def _names(self, parts: Sequence[StepTerms] | Sequence[StepFigure]) -> Iterator[tuple[str, str]]:
        """Role and name of each value, member by member."""
        for part in parts:
            for m in part.group.members:
                yield self.cohort.role(NetworkRef(m, part.network)), part.name


def _means_of_terms(steps: Sequence[Sequence[StepTerms]]) -> tuple[list[float], list[float]]:
    """Each term's mean over the steps, raw and as it enters the sum."""
    if not steps[-1]:
        return [], []
    raw = _table([[term.raw for term in terms] for terms in steps])
    scale = _table([[term.scales for term in terms] for terms in steps])
    return raw.mean(dim=0).tolist(), (scale * raw).mean(dim=0).tolist()


def _means(
    steps: Sequence[Sequence[Tensor]], mean: Callable[[Tensor, int], Tensor] = torch.mean
) -> list[float]:
    """Each value's mean over the steps; a step is a list of tensors [K]."""
    if not steps[-1]:
        return []
    means: list[float] = mean(_table(steps), 0).tolist()
    return means


def _table(steps: Sequence[Sequence[Tensor]]) -> Tensor:
    """A row per step from lists of tensors [K]."""
    return torch.stack([torch.cat([t.reshape(-1) for t in step]) for step in steps])
