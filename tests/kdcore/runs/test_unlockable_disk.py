"""A runs folder on a disk that cannot lock files, as network drives: a sentence names another folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.errors import OutOfResources
from kdcore.runs import database
from kdcore.runs.store import Store


@pytest.fixture(autouse=True)
def locking_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(db: sqlite3.Connection, pragma: str) -> None:
        error = sqlite3.OperationalError("locking protocol")
        error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
        raise error

    monkeypatch.setattr(database, "_until_free", refuse)


def test_it_is_said_with_another_folder_to_choose(tmp_path: Path) -> None:
    with pytest.raises(
        OutOfResources, match=r"cannot lock files.*Set STILLROOM_RUNS to a folder on a disk of this"
    ):
        Store(tmp_path / "runs")


def test_the_shell_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    assert main(["runs"]) == 2
    said = capsys.readouterr().err
    assert "cannot lock files" in said
    assert "Traceback" not in said
