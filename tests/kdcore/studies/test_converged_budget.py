"""The converged budget: the shortest at which doubling lowers the errors by less than the seeds' spread, at a learning rate that was chosen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies import converged_budget
from kdcore.studies.converged_budget import (
    ConvergedBudget,
    MeasuredBudget,
    find_budget,
    means_over_seeds,
)
from kdcore.studies.converged_report import conclusion

BEST_RATE = {10: 0.03, 20: 0.01, 40: 0.01, 80: 0.003}
FLOOR, SLOPE = 100, 2000
"""Errors after endless training, and by how much they are above it in the end's reciprocal."""


def measured(monkeypatch: pytest.MonkeyPatch, spread: int) -> list[tuple[int, float, int]]:
    """Every run that is asked for has 100 + 2000 / epochs errors, 30 more at a wrong rate, more or less by its seed."""
    asked: list[tuple[int, float, int]] = []

    def run(experiment: Experiment, *_: Any) -> SimpleNamespace:
        epochs, rate = experiment.recipe.epochs, experiment.recipe.learning_rate
        asked.append((epochs, rate, experiment.init_seed))
        errors = FLOOR + SLOPE // epochs + spread * (experiment.init_seed - 1)
        errors += 0 if rate == BEST_RATE.get(epochs, 0.01) else 30
        return SimpleNamespace(results={"twin": {"val_errors": errors}})

    monkeypatch.setattr(converged_budget, "finished_run", run)
    return asked


def found(tmp_path: Path, **more: Any) -> ConvergedBudget:
    return find_budget(Experiment(), 3, Store(tmp_path), data_folder=tmp_path, **more)


def test_it_is_the_shortest_budget_that_doubling_does_not_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Means: 300, 200, 150, 125; from 40 to 80 epochs they fall by 25, less than the spread of 30."""
    asked = measured(monkeypatch, 30)
    budget = found(tmp_path)
    assert [(one.epochs, one.mean, one.rate) for one in budget.tried] == [
        (10, 300, 0.03), (20, 200, 0.01), (40, 150, 0.01), (80, 125, 0.003),
    ]  # fmt: skip
    assert budget.converged
    assert (budget.chosen.epochs, budget.chosen.spread) == (40, 30)
    assert not any(epochs > 80 for epochs, *_ in asked), "the search ends there"
    assert {rate for epochs, rate, seed in asked if seed == 2 and epochs == 10} == {0.03}
    tried = {epochs: set(one.by_rate) for epochs, one in zip((10, 20), budget.tried, strict=False)}
    assert tried == {10: {0.001, 0.003, 0.01, 0.03, 0.1}, 20: {0.003, 0.01, 0.03, 0.1}}, (
        "further up or down where the best is the highest or the lowest; later from the best of the budget before"
    )


def test_a_twin_that_errs_more_after_twice_the_epochs_has_converged() -> None:
    worse = ConvergedBudget(
        (MeasuredBudget(40, {0.03: 86}, (80, 90)), MeasuredBudget(80, {0.01: 102}, (100, 110)))
    )
    assert worse.chosen.epochs == 40
    assert "raises its mean validation errors by 20.0" in conclusion(worse)


def test_where_none_is_converged_the_longest_is_taken_and_said_not_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, 1)
    budget = found(tmp_path, most=40)
    assert not budget.converged
    assert budget.chosen.epochs == 40


@pytest.mark.parametrize(
    ("mean_at_best", "asked"),
    [(50.0, [0.1]), (1833.8, [0.1, 0.03])],
    ids=["it holds", "two seeds learn nothing"],
)
def test_the_best_rate_of_one_seed_has_to_hold_with_all(mean_at_best: float, asked: list[float]) -> None:
    means = {0.1: mean_at_best, 0.03: 60.0}
    first = {0.01: 61, 0.03: 58, 0.1: 46, 0.3: 4513}
    assert means_over_seeds(first, means.__getitem__) == {rate: means[rate] for rate in asked}


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="two seeds or more"):
        find_budget(Experiment(), 1, Store(tmp_path), data_folder=tmp_path)


def test_images_that_were_trained_on_tell_no_budget(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="The converged budget chooses by the validation images"):
        find_budget(
            Experiment().with_flat(train_on_validation=True), 2, Store(tmp_path), data_folder=tmp_path
        )


def test_it_is_kept_as_json() -> None:
    budget = ConvergedBudget((MeasuredBudget(10, {0.003: 5, 0.01: 4}, (4, 6)),))
    kept = [{"epochs": 10, "by_rate": {"0.003": 5, "0.01": 4}, "errors": [4, 6]}]
    assert ConvergedBudget.from_json(kept) == budget
