"""What a run with a fault leaves is used by nobody: no twin, teacher, logits, preset, comparison, sweep, estimate or best-of list."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.errors import InvalidExperiment, TrainingDiverged
from kdcore.experiment import Experiment
from kdcore.faults.registry import faults
from kdcore.pipelines.cohort_members import can_share_loop
from kdcore.pipelines.method_cost import observed
from kdcore.runs.history import ORDERS, History
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import member_runs
from tests.kdcore.faults.faulty_runs import SHORT, events_of
from tests.kdcore.faults.suited import suited

FAULT = "stored-logits-shuffled"
FEW = SHORT.with_flat(epochs=3, count=60)


def trained(store: Store, experiment: Experiment) -> Run:
    run = store.create(experiment, "somebody", status="running")
    run = train_run(store, run.id, data_folder=store.folder)
    assert run.status == "finished", run.error
    return run


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.safetensors")}


# ---- found by hash --------------------------------------------------------------------------------------------------


def test_the_hashes_of_sound_experiments_are_those_from_before_there_were_faults() -> None:
    assert Experiment().hash == "c9d650b8931b704b"
    assert Experiment().teacher_hash == "c9e42ca138292b8f"
    assert "fault" not in Experiment().identity()


def test_a_fault_is_another_experiment_with_another_teacher() -> None:
    for fault in (FAULT, "?7"):
        faulty = Experiment().with_flat(fault=fault)
        assert faulty.hash != Experiment().hash
        assert faulty.teacher_hash != Experiment().teacher_hash


def test_an_experiment_that_was_stored_before_there_were_faults_has_none() -> None:
    stored = Experiment().model_dump(mode="json")
    del stored["fault"]
    assert Experiment.read(stored) == Experiment()


def test_its_twin_is_not_taken_over_and_it_takes_none_over(tmp_path: Path) -> None:
    """A convolutional student: its twin is found again in a sound run."""
    cnn = FEW.with_flat(student="cnn-small", epochs=3)
    store = Store(tmp_path)
    faulty = trained(store, cnn.with_flat(fault=FAULT))
    assert "twin_hash" not in faulty.results
    first = trained(store, cnn)
    assert "twin_run" not in first.results
    assert trained(store, cnn).results["twin_run"] == first.id
    assert "twin_run" not in trained(store, cnn.with_flat(fault=FAULT)).results
    assert store.unchanged_finished(cnn.hash) != faulty


def test_a_teacher_that_it_trains_is_found_by_no_sound_run(tmp_path: Path) -> None:
    trains = FEW.with_flat(teacher="mlp-50", teacher_epochs=2)
    store = Store(tmp_path)
    assert trained(store, trains.with_flat(fault=FAULT)).results["teacher_was_trained"]
    assert trained(store, trains).results["teacher_was_trained"]
    assert not trained(store, trains).results["teacher_was_trained"]


def test_networks_that_it_trains_beforehand_are_found_by_no_sound_run(tmp_path: Path) -> None:
    assistant = FEW.with_flat(method="teacher-assistant")
    store = Store(tmp_path)
    trained(store, assistant.with_flat(fault=FAULT))
    assert "preparation_found" not in trained(store, assistant).results
    assert trained(store, assistant).results["preparation_found"]


@pytest.mark.parametrize("name", faults())
def test_logits_that_it_keeps_are_sound(name: str, tmp_path: Path) -> None:
    """Of a bundled teacher, whose logits all runs share."""
    experiment = suited(name, FEW).with_flat(teacher="digits-mlp-300")
    try:
        events_of(experiment.with_flat(fault=name), tmp_path / "faulty")
    except TrainingDiverged:
        pass
    except InvalidExperiment:  # it needs another teacher, which is its own run's alone
        return
    events_of(experiment, tmp_path / "sound")
    kept, sound = (
        files(tmp_path / "faulty" / "runs" / "kept" / "logits"),
        files(tmp_path / "sound" / "runs" / "kept" / "logits"),
    )
    assert kept
    assert kept.items() <= sound.items()


# ---- studies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [FAULT, "?7"])
def test_no_sweep_has_it_nor_varies_it(fault: str) -> None:
    with pytest.raises(InvalidExperiment, match="has no part in what compares runs"):
        Sweep.read({"base": FEW.with_flat(fault=fault), "vary": {"temperature": [1, 2]}})
    with pytest.raises(InvalidExperiment, match="cannot vary fault"):
        Sweep.read({"base": FEW, "vary": {"fault": ["", fault]}})
    assert not can_share_loop(FEW.with_flat(fault=fault))


def test_a_sweep_finds_no_member_in_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sweep = Sweep.read({"base": FEW, "vary": {"temperature": [4.0]}, "seeds": 1})
    [member] = sweep.members
    trained(store, member.experiment.with_flat(fault=FAULT))
    assert [one.run for one in member_runs(sweep.members, store)] == [None]
    sound = trained(store, member.experiment)
    assert [one.run for one in member_runs(sweep.members, store)] == [sound]


def test_presets_and_comparisons_take_no_run_of_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, FEW.with_flat(fault=FAULT))
    assert store.unchanged_finished(FEW.hash) is None
    with pytest.raises(InvalidExperiment, match="has no part in what compares runs"):
        finished_run(FEW.with_flat(fault=FAULT), "", store, data_folder=tmp_path, watch=iter)
    assert not any(preset.experiment.fault for preset in PRESETS)


@pytest.mark.parametrize(
    "command", [["compare"], ["teach", "--name", "x"], ["sweep", "--vary", "temperature=1,2"]]
)
def test_commands_that_compare_or_keep_refuse_it(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    assert main([*command, "--fault", FAULT]) == 2
    assert "has no part in what compares runs" in capsys.readouterr().err


def test_no_time_is_estimated_from_it(tmp_path: Path) -> None:
    run = trained(Store(tmp_path), FEW.with_flat(threads=0))
    speed = {"step": 1e-4, "linear": 1e9, "convolution": 1e9}
    assert observed(run.experiment, run.results, speed) is not None
    assert observed(run.experiment.with_flat(fault=FAULT), run.results, speed) is None


def test_it_comes_last_in_every_list_of_the_best(tmp_path: Path) -> None:
    """Though its figures are better: they are made so here."""
    with closing(Store(tmp_path)) as store:
        sound, faulty = (store.create(FEW.with_flat(fault=fault), "somebody") for fault in ("", FAULT))
        for run, errors in ((sound, 50), (faulty, 10)):
            set_results(store, run, errors)
        for name, order in ORDERS.items():
            if order.best_of:
                for reverse in (False, True):
                    lines = History(store).find(order=name, reverse=reverse).lines
                    assert [line.id for line in lines] == [sound.id, faulty.id]
        assert [line.fault for line in History(store).find(order="date").lines] == [FAULT, ""]


def set_results(store: Store, run: Run, errors: int) -> None:
    figures = {
        "test_errors": errors,
        "test_images": 100,
        "test_accuracy": 1 - errors / 100,
        "test_nll": errors,
    }
    results = {role: figures | {"test_ece": errors} for role in ("student", "teacher")}
    results["twin"] = figures | {"test_errors": 60}
    with store.writing() as db:
        db.execute(
            "UPDATE runs SET status = 'finished', results = ? WHERE id = ?", [json.dumps(results), run.id]
        )


def _without_classes(database: sqlite3.Connection) -> None:
    """Take out what came after the faults."""
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'class%'"
    ).fetchall()
    for (table,) in tables:
        database.execute(f"DROP TABLE {table}")
    database.execute("DROP INDEX runs_by_classroom")
    database.execute("ALTER TABLE runs DROP COLUMN classroom")
    database.execute("ALTER TABLE points DROP COLUMN time")


def test_the_lists_of_a_database_from_before_there_were_faults_are_made_anew(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        run = store.create(FEW, "somebody")
    with closing(sqlite3.connect(tmp_path / "runs.sqlite3")) as database:
        database.executescript(
            "DROP TRIGGER run_made; DROP TRIGGER run_changed; DROP TABLE summaries; DROP VIEW summarised;"
            "CREATE TABLE summaries (run INTEGER); PRAGMA user_version = 8;"
        )
        _without_classes(database)
    with closing(Store(tmp_path)) as store:
        [line] = History(store).find().lines
        assert (line.id, line.fault) == (run.id, "")
