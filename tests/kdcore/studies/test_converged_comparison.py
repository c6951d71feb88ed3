"""Methods at the converged budget: a learning rate of their own, the best twin there is, and what still falls."""

from __future__ import annotations

import json
import statistics
from functools import partial
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies import converged_budget, method_comparison
from kdcore.studies.converged_comparison import ConvergedComparison, still_falls
from kdcore.studies.method_comparison import Row

BASE = Experiment.from_flat(
    {
        "count": 100,
        "epochs": 4,
        "learning_rate": 0.03,
        "teacher": "digits-mlp-300",
        "student": "mlp-10",
        "threads": 1,
    }
)


def test_each_method_gets_the_rate_at_which_its_student_errs_least_on_validation(tmp_path: Path) -> None:
    store = Store(tmp_path)
    comparison = ConvergedComparison(BASE, 2, store, tmp_path)
    plain, peers = comparison.rows(["soft-targets", "mutual-learning"])
    for row in (plain, peers):
        assert len(row.by_rate) >= 3
        rate, means = f"{row.learning_rate:.4g}", row.mean_by_rate
        assert means[rate] == min(means.values()) == statistics.fmean(row.val_errors)
        assert all(errors >= means[rate] for tried, errors in row.by_rate.items() if tried not in means)
        assert len(row.student) == len(row.student_ece) == len(row.student_agreement) == 2
        assert row.val_errors_at_half is not None
    assert plain.twin == peers.twin, "the twin at its own rate, whatever the method's"
    twins = [run for run in store.runs() if run.experiment.hash == BASE.with_flat(method="soft-targets").hash]
    assert plain.twin[0] == twins[0].results["twin"]["test_errors"]
    runs = len(store.runs())
    assert list(comparison.rows(["soft-targets"], known=[plain])) == [plain]
    assert list(comparison.rows(["soft-targets"])) == [plain], "found in the store"
    assert len(store.runs()) == runs


def test_further_seeds_are_trained_at_the_rate_that_was_found_elsewhere(tmp_path: Path) -> None:
    one, another = Store(tmp_path / "one"), Store(tmp_path / "another")
    [known] = ConvergedComparison(BASE, 2, one, tmp_path).rows(["soft-targets"])
    [row] = ConvergedComparison(BASE, 3, another, tmp_path).rows(["soft-targets"], known=[known])
    for name in ("student", "twin", "student_nll", "val_errors"):
        assert len(getattr(row, name)) == 3
        assert getattr(row, name)[:2] == getattr(known, name)
    assert row.seconds == known.seconds, "another machine's do not compare"
    assert (row.learning_rate, row.by_rate) == (known.learning_rate, known.by_rate)
    assert {run.experiment.init_seed for run in another.runs()} == {2}


def test_the_search_goes_on_where_the_best_rate_is_at_its_edge(tmp_path: Path) -> None:
    low = BASE.with_flat(learning_rate=0.0003)
    [row] = ConvergedComparison(low, 1, Store(tmp_path), tmp_path).rows(["soft-targets"])
    assert {"0.0001", "0.0003", "0.001", "0.003"} < set(row.by_rate)
    assert row.learning_rate > 0.001
    tried = sorted(map(float, row.by_rate))
    assert row.learning_rate not in (tried[0], tried[-1]), "it lies between two that are worse"


@pytest.mark.parametrize(("at_half", "falls"), [(120, True), (103, False), (None, False)])
def test_a_method_whose_own_curve_still_falls_says_so(at_half: int | None, falls: bool) -> None:
    row = Row("hint", val_errors=(100, 110, 105), val_errors_at_half=at_half)
    assert still_falls(row) == falls


def test_the_shell_finds_the_budget_writes_its_evidence_and_takes_it_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "one"))
    quick = partial(converged_budget.find_budget, rates=(0.01, 0.03), first=2, most=4)
    monkeypatch.setattr(converged_budget, "find_budget", quick)
    out = tmp_path / "kept" / "small.json"
    out.parent.mkdir()
    words = ["compare", "--converged", "--count", "100", "--student", "mlp-10", "--seeds", "2"]
    words += ["--methods", "soft-targets", "--out", str(out)]
    assert main(words) == 0
    assert "validation errors of the twin" in capsys.readouterr().err
    [kept] = method_comparison.kept(out.parent)
    assert kept.budget is not None
    assert kept.experiment.recipe.epochs == kept.budget.chosen.epochs
    assert kept.experiment.recipe.learning_rate == kept.budget.chosen.rate
    assert "--converged" in kept.command
    first = json.loads(out.read_text())
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "another"))
    assert main(words) == 0
    assert json.loads(out.read_text()) == first
    assert not Store(tmp_path / "another").runs(), "another machine measures nothing again"
    capsys.readouterr()
