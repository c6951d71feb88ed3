"""A budget is told in steps, and a hint comes where these are few."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore.cli.budget_sentence import budget_sentence
from kdcore.cli.main import main
from kdcore.experiment import Experiment
from kdcore.runs.store import Store


def test_a_large_batch_leaves_few_steps_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    assert main(["distill", "--count", "100", "--batch-size", "4096", "--epochs", "3", "--json"]) == 0
    said = capsys.readouterr().err
    assert "students: 3 steps, 1 an epoch, of 100 images. Fewer than 300 steps teach little" in said
    store = Store(tmp_path / "runs")
    [run] = store.runs()
    assert run.progress["steps"] == 3
    store.close()


def test_where_there_are_enough_they_are_only_counted(tmp_path: Path) -> None:
    whole = Experiment().with_flat(epochs=40, batch_size=64)
    assert budget_sentence(whole, tmp_path) == "students: 680 steps, 17 an epoch, of 64 images"
    part = Experiment().with_flat(epochs=600, batch_size=64, fraction=0.05)
    assert budget_sentence(part, tmp_path).startswith("students: 600 steps, 1 an epoch")
