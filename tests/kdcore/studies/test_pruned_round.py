"""A search goes on, and what it found is shown, where a whole round was pruned."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore.experiment import Experiment
from kdcore.pipelines import bayesian_search
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_results import result_rows, supported_sentence
from kdcore.studies.sweep_training import known_members, member_runs, train_missing

BASE = Experiment().with_flat(count=100, epochs=6, student="mlp-10", threads=1)
SEARCH = Sweep.read(
    {"base": BASE, "vary": {"temperature": [1.0, 20.0]}, "seeds": 1, "sampler": "bayesian", "trials": 24}
)


def test_the_rest_is_shown_where_a_whole_round_was_pruned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_round = {*range(8)}

    def prune(
        self: bayesian_search.SearchRound, cohort: object, thousandths: int, errors: dict[str, int]
    ) -> set[str]:
        if len(self.state.trials) != 8:
            return set()
        self.state.pruned += [trial for trial in second_round if trial not in self.state.pruned]
        return {role for role in errors if role.startswith("student")}

    monkeypatch.setattr(bayesian_search.SearchRound, "prune", prune)
    store = Store(tmp_path / "runs")
    assert [run.status for run in train_missing(SEARCH, store, data_folder=tmp_path / "data")] == ["finished"]
    [search] = [run for run in store.runs(limit=100) if run.has_members]
    values = [trial["value"] for trial in search.results["trials"]]
    assert values[8:16] == [None] * 8
    assert None not in [*values[:8], *values[16:]]
    members = member_runs(known_members(SEARCH, store), store)
    assert len({row["run"] for row in result_rows(members) if row["role"] == "student"}) == len(members) > 8
    assert supported_sentence(members)
    store.close()
