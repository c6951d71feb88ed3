"""What a comparison at the converged budget has beside its table: the budget's evidence, and how each method was set and did."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TypeVar

from kdcore.studies.converged_budget import ConvergedBudget
from kdcore.studies.converged_comparison import still_falls
from kdcore.studies.method_comparison import Row, Say
from kdcore.texts import N_

V = TypeVar("V")


def evidence(budget: ConvergedBudget, say: Say = str) -> list[list[str]]:
    """Head and a line a budget: the twin's validation errors by learning rate with one seed, and at the best of them over the seeds.

    say: translates.
    """
    head = [
        N_("epochs"),
        N_("twin's validation errors by learning rate, one seed"),
        N_("best learning rate"),
        N_("twin's validation errors at it"),
    ]
    lines = [
        [
            f"{one.epochs}",
            _by_rate(one.by_rate),
            f"{one.rate:g}",
            f"{one.mean:.1f} ± {one.spread:.1f}",
        ]
        for one in budget.tried
    ]
    return [[say(name) for name in head], *lines]


def conclusion(budget: ConvergedBudget, say: Say = str) -> str:
    """A sentence: at which budget the twin has converged, or that it has not."""
    chosen = budget.chosen
    if not budget.converged:
        return say(
            N_("The twin has not converged at {epochs} epochs, the longest budget that was tried.")
        ).format(epochs=chosen.epochs)
    doubled = budget.tried[budget.tried.index(chosen) + 1]
    lowers = N_(
        "The twin has converged at {epochs} epochs: doubling them lowers its mean validation errors by {change}, less than the "
        "{spread} by which its seeds differ."
    )
    raises = N_(
        "The twin has converged at {epochs} epochs: doubling them raises its mean validation errors by {change}."
    )
    return say(lowers if doubled.mean <= chosen.mean else raises).format(
        epochs=chosen.epochs,
        change=f"{abs(doubled.mean - chosen.mean):.1f}",
        spread=f"{chosen.spread:.1f}",
    )


def details(rows: Sequence[Row], say: Say = str) -> list[list[str]]:
    """Head and a line a method that was measured: calibration, agreement with the teacher, its learning rate and its search.

    say: translates.
    """
    head = [
        N_("method"),
        N_("ECE"),
        N_("twin's ECE"),
        N_("agrees with the teacher"),
        N_("twin agrees"),
        N_("learning rate"),
        N_("validation errors by learning rate, one seed (mean of all)"),
        N_("half the epochs"),
    ]
    lines = [_details(row, say) for row in rows if row.student]
    return [[say(name) for name in head], *lines]


def _details(row: Row, say: Say) -> list[str]:
    falls = say(N_("still falls")) if still_falls(row) else say(N_("converged"))
    return [
        row.method,
        _mean(row.student_ece, 3),
        _mean(row.twin_ece, 3),
        _mean(row.student_agreement, 4),
        _mean(row.twin_agreement, 4),
        f"{row.learning_rate:g}",
        _by_rate(_rates(row.by_rate), _rates(row.mean_by_rate)),
        f"{row.val_errors_at_half} ({falls})",
    ]


def _rates(errors: Mapping[str, V]) -> dict[float, V]:
    return {float(rate): found for rate, found in errors.items()}


def _by_rate(errors: Mapping[float, int], means: Mapping[float, float] | None = None) -> str:
    """Of each rate the errors with one seed, and in brackets the mean of all seeds where more than one rate has it."""
    beside = means if means is not None and len(means) > 1 else {}
    shown = {rate: f" ({mean:.0f})" for rate, mean in beside.items()}
    return ", ".join(f"{rate:g}: {errors[rate]}{shown.get(rate, '')}" for rate in sorted(errors))


def _mean(found: Sequence[float], digits: int) -> str:
    return f"{statistics.fmean(found):.{digits}f}" if found else ""
