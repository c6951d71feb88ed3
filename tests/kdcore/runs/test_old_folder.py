"""A runs folder that older code has written is read, found, resumed, restored and exported as on the day it was made.

`folder_before_the_move/README.md` tells what lies in it. The command line is asked wherever it can tell.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from runpy import run_module
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from kdcore.runs.manager import Manager
from kdcore.runs.store import Store

MADE = Path(__file__).parent / "folder_before_the_move"
EXPECTED: dict[str, Any] = json.loads((MADE / "expected.json").read_text(encoding="utf-8"))
RUNS: dict[str, Any] = EXPECTED["runs"]
OWNER = "0123456789abcdef" * 2
"""The browser that made the folder's single runs."""
BASE = (
    "--threads 1 --epochs 6 --batch-size 512 --learning-rate 0.03 --teacher-learning-rate 0.01 "
    "--student mlp-10"
)
SMALL = BASE.replace("--epochs 6", "--epochs 3")
CLOSE = 1e-3
"""How far weights may lie apart where another machine adds up in another order."""

Kdcore = Callable[..., str]


def called(title: str, status: str = "finished") -> str:
    """The id of the run of that title."""
    [found] = [
        run_id for run_id, run in RUNS.items() if run["title"] == title and run["line"]["status"] == status
    ]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the old folder, in which the deletion was a moment ago: after some days it would be for good."""
    copy = tmp_path / "runs"
    shutil.copytree(MADE / "runs", copy)
    with closing(sqlite3.connect(copy / "runs.sqlite3")) as db, db:
        db.execute("UPDATE runs SET deleted = ? WHERE deleted IS NOT NULL", [time.time()])
    return copy


@pytest.fixture
def kdcore(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kdcore:
    """`python -m kdcore` with some words (and paths) behind it, in this process; returns what it printed."""
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    monkeypatch.setenv("STILLROOM_DATA", str(folder.parent / "no data"))

    def run(words: str, *paths: Path) -> str:
        monkeypatch.setattr(sys, "argv", ["kdcore", *words.split(), *map(str, paths)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_module("kdcore", run_name="__main__")
        said = capsys.readouterr()
        assert ended.value.code == 0, said.err
        return said.out

    return run


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with closing(Store(folder)) as opened:
        yield opened


def last_line(said: str) -> Any:
    return json.loads(said.splitlines()[-1])


# ---- what is there --------------------------------------------------------------------------------------------------


def as_told_now(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line as it is told since a difference is student minus twin: before, it was the twin's errors less the student's."""
    gain = line["gain"]
    others = {name: value for name, value in line.items() if name != "gain"}
    return others | {"difference": None if gain is None else -gain}


def test_all_runs_are_listed_with_their_figures_and_marks(kdcore: Kdcore) -> None:
    for deleted in (False, True):
        lines = last_line(kdcore(f"runs list --json {'--deleted' if deleted else ''}"))
        expected = [
            as_told_now(run["line"])
            for run in RUNS.values()
            if run["line"] and run["line"]["deleted"] == deleted
        ]
        # What a later version says beside this is its own affair.
        told = [{name: line[name] for name in expected[0]} for line in lines]
        assert told == expected
    starred = last_line(kdcore("runs list --json --starred --tag good"))
    assert [line["run_id"] for line in starred] == [called("")]
    assert "softer answers" in kdcore(f"runs show {called('')[:6]}")


def test_experiments_results_curves_and_events_are_read_as_they_were_written(store: Store) -> None:
    for run_id, expected in RUNS.items():
        if run_id == called("Deleted by mistake"):
            store.restore(run_id)
        run = store.run(run_id)
        assert run.title == expected["title"]
        assert run.error == expected["error"]
        assert (run.hash, run.sweep) == (expected["hash"], expected["sweep"])
        if not run.has_members:
            assert run.experiment.hash == run.hash, "the same work has the same name"
        assert figures(run.results) == expected["figures"]
        points, events = store.points(run_id), store.events(run_id)
        assert {point.series: point.value for point in points if point.role == "student"} == expected["last"]
        assert said([tuple(point) for point in points]) == expected["points"]
        assert (
            said([[event.seq, event.kind, event.phase, event.payload] for event in events])
            == (expected["events"])
        )


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """What came of the networks, without how fast this machine was."""
    return {
        role: {name: tested[name] for name in ("test_errors", "val_errors", "test_nll", "test_ece")}
        for role, tested in results.items()
        if isinstance(tested, dict) and "test_errors" in tested
    }


def said(rows: list[Any]) -> str:
    """Rows as how many they are, and a digest of all they say."""
    return f"{len(rows)} {hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]}"


def test_the_manager_opens_it_and_takes_the_deletion_back(folder: Path) -> None:
    manager = Manager(folder, slots=1, spare=False)
    try:
        there = manager.find().total
        gone = called("Deleted by mistake")
        assert manager.may_command(called("the first one"), OWNER)
        assert len(manager.curves(called("the first one"), 10)) < len(manager.points(called("the first one")))
        manager.restore(gone, OWNER)
        assert manager.find().total == there + 1
        assert manager.run(gone).status == "finished"
        assert len(manager.points(gone)) == int(RUNS[gone]["points"].split()[0])
        assert manager.trouble == ""
    finally:
        manager.close()


# ---- what goes on from it -------------------------------------------------------------------------------------------


def test_the_parked_run_ends_as_one_that_was_never_interrupted(kdcore: Kdcore, folder: Path) -> None:
    parked, whole = called("Paused and left", "parked"), called("Uninterrupted")
    resumed = last_line(kdcore(f"runs resume {parked} --json"))
    assert resumed["status"] == "finished"
    for role in ("teacher", "twin", "student"):
        for name in ("test_errors", "val_errors"):
            assert resumed[role][name] == RUNS[whole]["figures"][role][name], role
    for role in ("twin", "student"):
        weights = [load_file(folder / run_id / f"{role}.safetensors") for run_id in (parked, whole)]
        assert weights[0].keys() == weights[1].keys()
        for name, tensor in weights[0].items():
            torch.testing.assert_close(tensor, weights[1][name], rtol=CLOSE, atol=CLOSE)
    with closing(Store(folder)) as store:
        validated = [
            [point[1:] for point in store.points(run_id) if point.series == "val_errors"]
            for run_id in (parked, whole)
        ]
    assert validated[0] == validated[1], "the curves go on where they were"
    assert not [*(folder / parked).glob("checkpoints/*")]


def test_a_sweep_finds_its_members_and_trains_none_again(kdcore: Kdcore) -> None:
    grid = last_line(kdcore(f"sweep --vary temperature=1,8 --seeds 2 {SMALL} --json"))
    search = last_line(
        kdcore(
            "sweep --vary temperature=1,20 --vary teacher_weight=0.5,1 --seeds 1 --sampler bayesian --trials 3 "
            f"{SMALL} --json"
        )
    )
    for found, title, students in (
        (grid, "sweep: temperature", 4),
        (search, "sweep: temperature x teacher_weight", 3),
    ):
        own = [run for run in RUNS.values() if run["title"] == title]
        assert {found["sweep"]} == {run["sweep"] for run in own}
        assert (found["trained"], found["found"]) == (0, students)
        trained = [row for row in found["members"] if row["role"] == "student"]
        assert {row["run"] for row in trained} == {run["line"]["run_id"] for run in own if run["line"]}
        for row in trained:
            assert row["test_errors"] == RUNS[row["run"]]["figures"]["student"]["test_errors"]


@pytest.mark.parametrize("teacher", ["mlp-40 --teacher-epochs 4", "my-digits"], ids=["kept", "named"])
def test_its_teachers_teach_again_without_being_trained(kdcore: Kdcore, teacher: str) -> None:
    told = last_line(kdcore(f"distill {BASE} --epochs 1 --teacher {teacher} --json"))
    assert told["status"] == "finished"
    assert told["teacher_was_trained"] is False
    if teacher != "my-digits":
        expected = RUNS[called("A teacher of its own")]["figures"]["teacher"]
        assert told["teacher"]["test_errors"] == expected["test_errors"]


# ---- what is taken away ---------------------------------------------------------------------------------------------


def test_a_finished_run_is_exported(kdcore: Kdcore, store: Store, tmp_path: Path) -> None:
    run_id = called("Attention maps")
    for made in ("json", "csv", "html"):
        kdcore(f"export {run_id[:8]} --as {made} --out", tmp_path / f"one.{made}")
    experiment = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert experiment == store.run(run_id).experiment.model_dump(mode="json")
    head, *rows = (tmp_path / "one.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head == "step,epoch,phase,role,series,value"
    assert len(rows) == len(store.points(run_id))
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    for part in ("Attention maps", "<svg", "</html>"):
        assert part in page


def test_a_finished_run_becomes_a_script(kdcore: Kdcore, tmp_path: Path) -> None:
    kdcore(f"export {called('the first one')} --as script --out", tmp_path / "script")
    compile((tmp_path / "script/distil.py").read_text(encoding="utf-8"), "distil.py", "exec")
    beside = {path.name for path in (tmp_path / "script").glob("*.safetensors")}
    assert beside == {"images.safetensors", "first_weights.safetensors", "teacher.safetensors"}
