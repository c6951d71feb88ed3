"""A member that diverges ends alone, with its sentence; the others of its sweep or search go on, as they would without it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import torch

import kdcore
from kdcore.cli.exit_codes import FAILED
from kdcore.cli.main import main
from kdcore.errors import TrainingDiverged
from kdcore.events import BatchMetrics, Event, Validation
from kdcore.experiment import Experiment
from kdcore.runs import checkpoints
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import failed_members, known_members, member_runs, train_missing
from kdcore.training import progress_clock
from kdcore.training.nan_guard import DivergenceGuard

BASE = Experiment().with_flat(
    count=100, student="mlp-30x6", method="logit-regression", optimiser="sgd", learning_rate=0.1, schedule="constant",
    epochs=10, threads=1,
)  # fmt: skip
VARIED = "parameters.regression_weight"
SWEEP = Sweep.read({"base": BASE, "vary": {VARIED: [0.1, 100]}, "seeds": 2})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs")
    yield opened
    opened.close()


def train(sweep: Sweep, store: Store, watch: object = iter) -> list[str]:
    data = store.folder.parent / "data"
    return [run.status for run in train_missing(sweep, store, data_folder=data, watch=watch)]  # type: ignore[arg-type]


def test_the_others_finish_as_they_would_without_it(store: Store, tmp_path: Path) -> None:
    assert train(SWEEP, store) == ["finished"]
    members = member_runs(known_members(SWEEP, store), store)
    assert [one.member.setting[VARIED] for one in members if one.run is not None] == [0.1, 0.1]
    failed = failed_members(members, store)
    assert [(one.member.setting[VARIED], one.member.seed) for one in failed] == [(100, 0), (100, 1)]
    for one in failed:
        assert one.run is not None
        assert one.run.error.startswith("The loss of the student became ")
        assert "lower learning rate" in one.run.error
        assert {p.role for p in store.points(one.run.id)} >= {"student", "twin"}, "its curves are kept"
    with_store = Store(tmp_path / "alone")
    alone = Sweep.read({"base": BASE, "vary": {VARIED: [0.1]}, "seeds": 2})
    train(alone, with_store)
    errors = [one.run.results["student"]["test_errors"] for one in members if one.run is not None]
    found = member_runs(known_members(alone, with_store), with_store)
    assert errors == [one.run.results["student"]["test_errors"] for one in found if one.run is not None]
    with_store.close()


def test_the_shell_prints_the_rest_and_the_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    file = tmp_path / "base.json"
    file.write_text(BASE.to_json())
    words = ["sweep", "--experiment", str(file), "--vary", f"{VARIED}=0.1,100", "--seeds", "2"]
    assert main([*words, "--json"]) == FAILED
    captured = capsys.readouterr()
    told = json.loads(captured.out.splitlines()[-1])
    assert [(one["setting"][VARIED], one["seed"]) for one in told["failed"]] == [(100, 0), (100, 1)]
    assert sum(row["role"] == "student" for row in told["members"]) == 2
    assert "regression weight = 100, seed 0 failed: The loss of the student became" in captured.err
    swept = kdcore.sweep({VARIED: [0.1, 100]}, seeds=2, experiment=BASE, progress=False)
    assert "seed 1 failed" in swept.conclusion
    assert len(swept.results) == 2


def test_where_everybody_diverges_the_run_fails_with_its_sentence(store: Store) -> None:
    hopeless = BASE.with_flat(learning_rate=10.0)
    assert train(Sweep.read({"base": hopeless, "vary": {VARIED: [90, 100]}, "seeds": 1}), store) == ["failed"]
    [run] = store.runs()
    assert "became" in run.error
    assert "lower learning rate" in run.error


def test_it_stays_out_after_an_interruption(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_clock, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("kdcore.runs.checkpoint_schedule.CHECKPOINT_SECONDS", 0.0)

    class Died(Exception):
        pass

    def until_the_eighth(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Validation) and event.step >= 8:
                raise Died
            yield event

    assert train(SWEEP, store, until_the_eighth) == ["failed"]
    [run] = store.runs(limit=5)
    stored = checkpoints.newest(store.run_folder(run.id))
    if stored is not None and stored.checkpoint.phase == "students":
        assert len(stored.checkpoint.values["diverged"]) in (0, 2)
    later: list[Event] = []

    def kept(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            later.append(event)
            yield event

    assert train(SWEEP, store, kept) == ["finished"]
    assert len(failed_members(member_runs(known_members(SWEEP, store), store), store)) == 2
    assert any(isinstance(event, BatchMetrics) for event in later)


def test_a_search_counts_it_as_the_worst_and_goes_on(store: Store) -> None:
    search = Sweep.read(
        {"base": BASE, "vary": {VARIED: [0.01, 100]}, "seeds": 1, "sampler": "bayesian", "trials": 10}
    )
    assert train(search, store) == ["finished"]
    [run] = [one for one in store.runs(limit=100) if one.has_members]
    trials = run.results["trials"]
    assert len(trials) == 10
    worst = [trial for trial in trials if trial["value"] == 360]
    assert worst
    assert {trial["value"] for trial in trials} != {360}
    assert min(trial["setting"][VARIED] for trial in worst) > min(
        trial["setting"][VARIED] for trial in trials
    )


NUMBERS, NONE = {"a": torch.ones(2), "n": torch.tensor([1])}, {"a": torch.tensor([1.0, float("nan")])}


def test_weights_that_are_no_numbers_are_found_though_every_loss_was_one() -> None:
    guard = DivergenceGuard()
    assert guard.finite_copies({"student": NUMBERS}).keys() == {"student"}
    with pytest.raises(TrainingDiverged, match="The weights of the student became NaN"):
        guard.finite_copies({"twin": NUMBERS, "student": NONE})


def test_a_member_whose_last_gradient_was_no_number_ends_alone() -> None:
    guard = DivergenceGuard(lambda role: {role.partition(".")[0]})
    kept = guard.finite_copies(
        {"twin": NUMBERS, "student 1": NUMBERS, "student 2": NUMBERS, "student 2.adapter": NONE}
    )
    assert kept.keys() == {"twin", "student 1"}
    assert guard.diverged["student 2"].startswith("The weights of the student 2.adapter became NaN")
    with pytest.raises(TrainingDiverged, match="lower learning rate"):
        DivergenceGuard(lambda role: {role}).finite_copies({"student 1": NONE})
