"""A Bayesian sweep draws from its results, prunes, and draws the same after an interruption."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from kdcore.errors import InvalidExperiment
from kdcore.events import Checkpoint, Event, Finished, NoCommands, Trained, Validation
from kdcore.pipelines import cohort_pipeline
from kdcore.pipelines.bayesian_search import SearchRound, SearchState
from kdcore.pipelines.cohort_spec import group_into_cohorts
from kdcore.runs import run_training, store_commands
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import (
    experiments_to_check,
    known_members,
    member_runs,
)
from tests.kdcore.studies.small_sweeps import BASE, SWEEP, Died, train


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_commands, "POLL_SECONDS", 0.0)


SEARCH = Sweep(
    base=BASE.with_flat(epochs=8),
    vary={"temperature": (1, 40), "learning_rate": (1e-4, 0.02)},
    seeds=1,
    sampler="bayesian",
    trials=12,
)


def trials(store: Store) -> list[dict[str, Any]]:
    [run] = [run for run in store.runs(limit=1000) if run.has_members]
    return list(run.results["trials"])


def test_a_search_draws_from_what_it_found_prunes_and_keeps_its_members(store: Store) -> None:
    assert [run.status for run in train(SEARCH, store)] == ["finished"]
    drawn = trials(store)
    assert len(drawn) == 12
    assert all(1 <= t["setting"]["temperature"] <= 40 for t in drawn)
    finished = [t for t in drawn if t["value"] is not None]
    assert 8 <= len(finished) < 12, "the first round is finished, of the second somebody falls behind"
    there = known_members(SEARCH, store)
    assert {json.dumps(m.setting, sort_keys=True) for m in there} == {
        json.dumps(t["setting"], sort_keys=True) for t in finished
    }
    for found in member_runs(there, store):
        assert found.run is not None
        [trial] = [t for t in finished if t["setting"] == found.member.setting]
        assert found.run.results["student"]["val_errors"] == trial["value"]
        assert {p.role for p in store.points(found.run.id)} == {"teacher", "twin", "student"}
    assert train(SEARCH, store) == [], "the search is found by its hash"


@pytest.mark.parametrize("at", [3, 11])
def test_a_search_that_died_draws_and_prunes_as_if_it_had_not(
    store: Store, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        run_training.train_claimed.__kwdefaults__, "checkpoints_every", 0.0
    )  # each one is written
    seen = 0

    def dying(events: Iterable[Event]) -> Iterator[Event]:
        nonlocal seen
        for event in events:
            yield event
            seen += isinstance(event, Checkpoint)
            if seen == at:
                raise Died

    with pytest.raises(Died):
        train(SEARCH, store, watch=dying)
    [left] = store.runs()
    store.finish(left.id, "lost")
    assert [run.id for run in train(SEARCH, store)] == [left.id]
    whole = Store(tmp_path / "others")
    train(SEARCH, whole)
    assert trials(store) == trials(whole)
    whole.close()


def test_a_round_that_goes_on_knows_what_its_trials_have_reported() -> None:
    search = SEARCH.search
    assert search is not None
    going_on = SearchRound(search, SearchState(reports=[(0, 500, 3.0), (2, 500, 9.0), (0, 600, 2.0)]))
    said = [trial.intermediate_values for trial in going_on.study.trials]
    assert said[:3] == [{500: 3.0, 600: 2.0}, {}, {500: 9.0}]


def test_a_member_that_leaves_does_not_disturb_the_others(tmp_path: Path) -> None:
    [lineup] = group_into_cohorts(m.experiment for m in SWEEP.members)
    given: dict[str, Any] = {"data_folder": tmp_path, "runs_folder": tmp_path, "commands": NoCommands()}
    out = {"student-0", "student-3"}
    whole = {e.role: e.tensors for e in cohort_pipeline.run(lineup, **given) if isinstance(e, Trained)}
    events = list(
        cohort_pipeline.run(lineup, **given, pruner=lambda share, errors: out if share >= 500 else set())
    )
    rest = {e.role: e.tensors for e in events if isinstance(e, Trained)}
    assert rest.keys() == whole.keys() - out
    for role, tensors in rest.items():
        for name, tensor in tensors.items():
            torch.testing.assert_close(tensor, whole[role][name], rtol=1e-3, atol=1e-5)
    assert isinstance(events[-1], Finished)
    assert [found is None for found in events[-1].results["members"]] == [
        f"student-{i}" in out for i in range(6)
    ]
    late = [e.step for e in events if isinstance(e, Validation) and e.role in out]
    assert max(late) < max(e.step for e in events if isinstance(e, Validation))


def test_a_search_refuses_a_method_that_trains_something_first() -> None:
    wrong = Sweep(
        base=BASE, vary={"method": ("soft-targets", "teacher-assistant")}, seeds=1, sampler="bayesian"
    )
    with pytest.raises(InvalidExperiment, match="trains something first"):
        experiments_to_check(wrong)
