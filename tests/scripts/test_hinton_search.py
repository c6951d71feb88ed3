"""The search for the Hinton study's settings goes by validation errors, and finds again what it has trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.store import Store
from kdcore.studies.hinton2015 import DISTILLED
from scripts.hinton_search import BASE, SMALL, STUDENTS, TEACHERS, Candidate, HintonSearch, best

DIGITS = {"dataset": "digits", "teacher": "mlp-20"}
SHORT = {"student": "mlp-10", "epochs": 2, "count": 100}


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HintonSearch:
    monkeypatch.setattr("scripts.hinton_search.NO_STUDENT", {"student": "mlp-10", "epochs": 1, "count": 20})
    return HintonSearch(Store(tmp_path), DIGITS)


def test_candidates_have_the_validation_errors_of_their_runs_and_are_found_again(
    search: HintonSearch,
) -> None:
    teachers = [*search.teachers([{"teacher_epochs": 1}, {"teacher_epochs": 12}])]
    assert best(teachers).setting == {"teacher_epochs": 12}
    taught = [*search.students({"teacher_epochs": 12}, [SHORT])]
    small = [*search.small({"teacher_epochs": 12}, [SHORT], (1.0, 4.0))]
    assert [one.setting["temperature"] for one in small] == [1.0, 4.0]
    runs = search.store.runs(limit=1000)
    errors = {run.hash: run.results for run in runs if not run.has_members}
    for one in (*taught, *small):
        for seed in range(search.seeds):
            experiment = Experiment.from_flat(DIGITS | {"teacher_epochs": 12} | one.setting)
            results = errors[seeded(experiment, seed).hash]
            assert one.errors[seed] == results["student"]["val_errors"]
            assert one.twin[seed] == results["twin"]["val_errors"]
    assert [*search.students({"teacher_epochs": 12}, [SHORT])] == taught
    assert len(search.store.runs(limit=1000)) == len(runs)


def test_the_first_of_equals_is_chosen() -> None:
    one, other, worse = (Candidate({"n": n}, errors) for n, errors in enumerate([(5, 7), (6, 6), (6, 7)]))
    assert best([worse, one, other]) is one


def test_every_candidate_can_run_and_holds_validation_images_out() -> None:
    for setting in (*TEACHERS, *STUDENTS, *SMALL):
        assert not DISTILLED.with_flat(**(BASE | setting)).train_on_validation
