"""What came of a sweep: errors and NLL of each setting are those of its runs, and the JSON says what more seeds could tell."""

from __future__ import annotations

import json
from pathlib import Path

from kdcore.runs.store import Store
from kdcore.studies.sweep_results import member_findings, result_rows, setting_errors, sweep_json
from kdcore.studies.sweep_training import member_runs
from tests.kdcore.studies.small_sweeps import SWEEP, train


def test_errors_and_nll_of_a_setting_are_those_of_its_runs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    train(SWEEP, store)
    members = member_runs(SWEEP.members, store)
    first = setting_errors(members)[0]
    runs = [one.run for one in members[:2] if one.run is not None]
    assert first.nll == tuple(run.results["student"]["test_nll"] for run in runs)
    assert first.twin_nll == tuple(run.results["twin"]["test_nll"] for run in runs)
    assert first.errors == tuple(run.results["student"]["test_errors"] for run in runs)
    assert first.nll != first.twin_nll

    found = member_findings(members)
    assert found is not None
    assert [one.measure for one in found.judged] == ["errors", "nll"]
    written = json.loads(json.dumps(sweep_json(SWEEP, members, 6)))
    assert written["more_seeds"] == found.more_seeds
    assert "NLL" in written["sentence"]
    assert [row["test_nll"] for row in result_rows(members)][:2] == [*first.nll]
