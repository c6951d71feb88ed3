"""What a command prints of a run: the distance to the truth where that is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kdcore.cli.run_summary import print_results
from kdcore.experiment import Experiment
from kdcore.runs.store import Store


def results(known: bool) -> dict[str, Any]:
    tested = {"network": "mlp-30", "parameters": 900, "test_errors": 50, "test_images": 1000}
    tested |= {"test_accuracy": 0.95, "test_nll": 0.2, "test_ece": 0.01}
    facts: dict[str, Any] = {"name": "drawn"}
    if known:
        tested["test_truth_kl"] = 0.1234
        facts["truth"] = {"errors": 47, "nll": 0.1034, "entropy": 0.1}
    return {"student": tested, "twin": tested, "dataset": facts, "seconds": {"load": 0.1}}


def summary(found: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    store = Store(folder)
    run_id = store.create(Experiment(), "somebody").id
    store.finish(run_id, "finished", found)
    print_results(store, store.run(run_id))
    return capsys.readouterr().out


def test_the_distance_to_a_known_truth_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = summary(results(known=True), tmp_path, capsys)
    assert "KL to the truth" in printed
    assert "0.1234" in printed
    assert "the truth itself errs on 47 of 1,000; its NLL is 0.1034" in printed


def test_nothing_is_printed_of_a_truth_that_nobody_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "truth" not in summary(results(known=False), tmp_path, capsys)
