"""A paper's arms: found again by hash after an interruption, their figures those of the runs, all claims corrected together."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from kdcore.errors import RunRefused
from kdcore.runs.store import Store
from kdcore.studies import reproduction_runs
from kdcore.studies.reproduction import Part, Side
from kdcore.studies.reproduction_runs import MeasuredPaper, MeasuredRun
from tests.kdcore.studies.small_papers import TINY


def measured_by_hand(errors: dict[str, list[tuple[int, int]]]) -> MeasuredPaper:
    """TINY with these (twin, student) errors of 1,000 by arm and seed; students agree with the teacher as often as they are right."""
    runs = {
        arm: tuple(
            MeasuredRun(
                {
                    role: {
                        "network": "mlp-10",
                        "test_errors": wrong,
                        "test_images": 1000,
                        "test_agreement": 1 - wrong / 1000,
                    }
                    for role, wrong in zip(("twin", "student"), pair, strict=True)
                },
                seconds=1.0,
            )
            for pair in pairs
        )
        for arm, pairs in errors.items()
    }
    return MeasuredPaper(TINY, runs)


def test_what_was_interrupted_goes_on_and_a_second_time_costs_no_training(tmp_path: Path) -> None:
    store = Store(tmp_path)
    states = reproduction_runs.measure(TINY, 2, store, data_folder=tmp_path)
    first = next(states)
    assert (first.seeds, {arm: len(runs) for arm, runs in first.runs.items()}) == (0, {"warm": 1})
    assert reproduction_runs.judge(first) == []
    states.close()

    *_, whole = reproduction_runs.measure(TINY, 2, store, data_folder=tmp_path)
    runs = store.runs(limit=100)
    assert len(runs) == 4
    by_hash = {run.hash: run.results for run in runs}
    for arm in TINY.arms:
        for seed in range(2):
            found = by_hash[TINY.experiment(arm, seed).hash]["student"]
            assert whole.figures(arm, "student", "errors")[seed] == found["test_errors"]
            assert whole.figures(arm, "student", "kl")[seed] == found["test_kl"]
            unlike = round((1 - found["test_agreement"]) * found["test_images"])
            assert whole.figures(arm, "student", "disagreements")[seed] == unlike > 0

    *_, again = reproduction_runs.measure(TINY, 2, store, data_folder=tmp_path)
    assert len(store.runs(limit=100)) == 4
    assert again == whole


def test_seeds_vary_the_teacher_only_where_the_paper_says_so() -> None:
    retrained = replace(TINY, base=TINY.base.with_flat(teacher="mlp-30"), first_teacher_seed=0)
    assert [TINY.experiment("hot", seed).teacher_seed for seed in range(3)] == [0, 0, 0]
    assert [retrained.experiment("hot", seed).teacher_seed for seed in range(3)] == [0, 1, 2]
    assert [TINY.experiment("hot", seed).init_seed for seed in range(3)] == [0, 1, 2]


def test_a_side_is_the_sum_of_its_parts_seed_by_seed() -> None:
    measured = measured_by_hand({"warm": [(100, 60), (110, 50)], "hot": [(100, 90), (110, 100)]})
    half = TINY.claims[1].more
    assert measured.side(half, "errors") == (80, 80)
    level = Side("a level", (Part("hot", "student", -1),), constant=1000)
    assert measured.side(level, "errors") == (910, 900)


def test_claims_are_judged_on_the_side_that_the_paper_names_and_corrected_together() -> None:
    clear = {
        "warm": [(100, 50), (110, 61), (105, 54), (102, 52)],
        "hot": [(100, 51), (110, 62), (105, 56), (102, 53)],
    }
    judged = reproduction_runs.judge(measured_by_hand(clear))
    assert [one.verdict.holds for one in judged] == [True, True, True]
    turned = {arm: [(student, twin) for twin, student in pairs] for arm, pairs in clear.items()}
    assert not any(one.verdict.holds for one in reproduction_runs.judge(measured_by_hand(turned))[:2])

    [third] = [one.verdict.difference.p for one in judged[2:]]
    assert 0.05 / 3 < 0.03 < 0.05
    weak = {
        "warm": [(100, 101), (110, 109), (105, 106), (102, 100)],
        "hot": [(100, 102), (110, 113), (105, 108), (102, 102)],
    }
    alone = reproduction_runs.judge(measured_by_hand(weak))[2].verdict.difference.p
    assert third < 0.05
    assert 0.05 / 3 < alone < 0.05, "alone it would be claimed, beside two others it is not"
    assert not reproduction_runs.judge(measured_by_hand(weak))[2].verdict.holds


def test_only_whole_seeds_count() -> None:
    measured = measured_by_hand({"warm": [(100, 60), (110, 50), (100, 50)], "hot": [(100, 90), (110, 100)]})
    assert measured.seeds == 2
    assert all(len(one.less) == 2 for one in reproduction_runs.judge(measured))
    assert measured.command == "python -m kdcore reproduce tiny --seeds 2"


def test_json_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproduction_runs, "papers", lambda: {"tiny": TINY})
    measured = measured_by_hand({"warm": [(100, 60), (110, 50)], "hot": [(100, 90), (110, 100)]})
    text = json.dumps(reproduction_runs.as_json(measured))
    assert reproduction_runs.read(json.loads(text)) == measured
    assert json.loads(text)["arms"]["hot"]["experiment"]["temperature"] == 20
    assert len(json.loads(text)["claims"]) == 3

    assert reproduction_runs.kept(tmp_path) == []
    (tmp_path / "tiny.json").write_text(text)
    assert reproduction_runs.kept(tmp_path) == [measured]


def test_a_run_from_before_a_figure_was_measured_is_trained_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    next(reproduction_runs.measure(TINY, 1, store, data_folder=tmp_path))
    [run] = store.runs(limit=10)
    results = {**run.results, "student": {**run.results["student"]}}
    del results["student"]["test_agreement"]
    with sqlite3.connect(tmp_path / "runs.sqlite3") as database:
        database.execute("UPDATE runs SET results = ? WHERE id = ?", [json.dumps(results), run.id])
    found = next(reproduction_runs.measure(TINY, 1, store, data_folder=tmp_path))
    assert "test_agreement" in found.runs["warm"][0].networks["student"]
    assert len(store.runs(limit=10)) == 2


def test_no_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunRefused, match="one seed or more"):
        next(reproduction_runs.measure(TINY, 0, Store(tmp_path), data_folder=tmp_path))
