"""The database is migrated, refuses what it cannot read, and explains its failures."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from kdcore.errors import OutOfResources, RunRefused
from kdcore.events import (
    Validation,
)
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.history import History
from kdcore.runs.history_filter import HistoryFilter
from kdcore.runs.schema import SCHEMAS
from kdcore.runs.store import Store
from tests.kdcore.runs.made_runs import ME, claimed, queued
from tests.kdcore.runs.old_schemas import OLD_SCHEMAS

OLD_ID = "A123456789012345678901"


def test_facts_are_kept(store: Store, folder: Path) -> None:
    assert store.fact("speed") is None
    store.set_fact("speed", {"mlp-30": 1.5})
    store.set_fact("speed", {"mlp-30": 2.5})
    assert Store(folder).fact("speed") == {"mlp-30": 2.5}


def test_a_database_of_a_newer_version_is_refused(folder: Path) -> None:
    Store(folder).close()
    database = sqlite3.connect(folder / "runs.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(RunRefused, match="newer version"):
        Store(folder)


def old_database(
    folder: Path, version: int, monkeypatch: pytest.MonkeyPatch, *runs: Mapping[str, Any]
) -> None:
    """A database as that version made it, with these runs in it."""
    with monkeypatch.context() as older:
        older.setattr("kdcore.runs.database.SCHEMAS", OLD_SCHEMAS[:version])
        old = Store(folder)
    for number, run in enumerate(runs, 1):
        values: dict[str, Any] = {"id": OLD_ID[:-1] + str(number), "owner": "alice", "title": "of old"}
        values |= {"status": "finished", "hash": "h", "created": 1.0, "queued": number}
        values |= {"experiment": Experiment().to_json(), **run}
        marks = ", ".join("?" * len(values))
        old.database.connection.execute(
            f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", [*values.values()]
        )
    old.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_database_of_an_older_version_is_brought_up_to_date(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    old_database(folder, version, monkeypatch, {"results": '{"student": {"test_errors": 7}}'})
    new = Store(folder)
    run = new.run(OLD_ID)
    assert (run.title, run.starred, run.tags, run.note, run.active) == ("of old", False, (), "", 0.0)
    assert (run.kind, run.job, run.varied, run.has_members) == ("experiment", run.experiment, (), False)
    found = new.database.connection.execute("SELECT dataset, student_errors, words FROM summaries").fetchone()
    assert tuple(found)[:2] == ("digits", 7)
    assert "of old" in found["words"]
    new.close()
    database = sqlite3.connect(folder / "runs.sqlite3")
    assert database.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)
    database.close()


@pytest.mark.parametrize("version", [2, 3, 4])
def test_jobs_and_what_a_sweep_varies_are_columns_after_a_migration(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    member = Experiment().with_flat(temperature=8.0, parameters={"confidence": 0.9})
    cohort, search = CohortSpec((member,)), SearchSpec(member, {"temperature": (1, 20)}, 2, 3)
    fields = ("temperature", "parameters.confidence", "teacher_epochs")
    swept = {
        "status": "stopped",
        "sweep": "s",
        "title": f"sweep: {' x '.join(fields)}",
        "experiment": member.to_json(),
    }
    old_database(
        folder,
        version,
        monkeypatch,
        swept,
        swept | {"cohort": cohort.to_json()},
        {"cohort": search.to_json(), "sweep": "t", "title": "sweep: temperature"},
        {"title": "sweep: temperature"},
    )
    with closing(Store(folder)) as store:
        titled, searched, together, single = store.runs()
        assert (titled.kind, titled.varied, titled.job) == ("experiment", (), Experiment())
        assert (searched.kind, searched.varied, searched.job) == ("search", ("temperature",), search)
        assert (together.kind, together.varied, together.job) == ("cohort", fields, cohort)
        assert (single.kind, single.varied, single.job) == ("experiment", fields, member)
        lines = {line.id: line for line in History(store).find(HistoryFilter(sweep="s")).lines}
        setting = {
            "temperature": 8.0,
            "parameters.confidence": 0.9,
            "teacher_epochs": member.teacher_recipe.epochs,
        }
        assert list(lines[single.id].setting.items()) == list(setting.items())
        assert [line.whole for line in lines.values()] == [True, False]


def test_what_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "runs.sqlite3").write_text("these are my notes, keep them\n" * 100)
    with pytest.raises(RunRefused, match="no database"):
        Store(folder)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutOfResources, match="STILLROOM_RUNS"):
        Store(tmp_path / "file" / "runs")


def test_a_read_only_database_is_a_sentence(store: Store) -> None:
    store.database.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(OutOfResources, match="cannot be written"):
        queued(store)


def test_a_full_disk_is_a_sentence_and_the_record_stays_whole(store: Store) -> None:
    run = claimed(store)
    store.database.connection.execute("PRAGMA max_page_count = 20")
    many = [Validation(n, n / 10, "twin", 5, 100, 0.3) for n in range(100_000)]
    with pytest.raises(OutOfResources, match="No space is left"):
        store.record(run.id, many, worker=ME)
    assert store.points(run.id) == []
    assert store.database.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_reader_that_takes_long_holds_nobody_up(store: Store) -> None:
    first = store.create(Experiment(), "alice")
    reads, go_on = threading.Event(), threading.Event()

    def read_for_long() -> int:
        with store.reading() as db:
            count = "SELECT COUNT(*) FROM runs"
            before: int = db.execute(count).fetchone()[0]
            reads.set()
            assert go_on.wait(60)
            return int(db.execute(count).fetchone()[0] - before)

    with ThreadPoolExecutor(1) as other:
        grown = other.submit(read_for_long)
        assert reads.wait(60)
        second = store.create(Experiment(), "bob")
        assert {run.id for run in store.runs()} == {first.id, second.id}
        go_on.set()
        assert grown.result() == 0, "it sees one moment"


def test_a_writer_that_takes_long_holds_no_reader_up(store: Store) -> None:
    first = store.create(Experiment(), "alice")
    writes, go_on = threading.Event(), threading.Event()

    def write_for_long() -> None:
        with store.database.writing():
            writes.set()
            assert go_on.wait(60)

    with ThreadPoolExecutor(2) as others:
        written = others.submit(write_for_long)
        assert writes.wait(60)
        try:
            assert [run.id for run in others.submit(store.runs).result(timeout=30)] == [first.id]
        finally:
            go_on.set()
        written.result()


def test_connections_that_read_are_used_again_and_closed_with_the_database(store: Store) -> None:
    for _ in range(20):
        store.runs()
    assert len(store.database._readers) == 1
    with suppress(ZeroDivisionError), store.reading():
        raise ZeroDivisionError
    assert len(store.database._readers) == 0, "one that was left in the midst is not used again"
    store.runs()
    store.close()
    assert len(store.database._readers) == 0
    with pytest.raises(sqlite3.ProgrammingError):
        store.runs()


def test_a_new_runs_folder_is_its_owners_alone(tmp_path: Path) -> None:
    Store(tmp_path / "a" / "runs").close()
    assert (tmp_path / "a" / "runs").stat().st_mode & 0o777 == 0o700
