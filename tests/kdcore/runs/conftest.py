"""Folders, managers and patience for the tests of runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdcore.runs.history import History
from kdcore.runs.local_engine import LocalEngine
from kdcore.runs.manager import Manager
from kdcore.runs.store import Store

ROOT = Path(__file__).resolve().parents[3]
FAKE = "tests.kdcore.runs.fake_training:run"


class Gates:
    """Where the stand-in stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shut(self, step: int) -> None:
        (self.folder / f"wait-at-{step}").touch()

    def open(self, step: int) -> None:
        (self.folder / f"wait-at-{step}").unlink()


@pytest.fixture
def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gates:
    folder = tmp_path / "gates"
    folder.mkdir()
    monkeypatch.setenv("FAKE_GATES", str(folder))
    return Gates(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = Store(folder)
    yield opened
    opened.close()


@pytest.fixture
def make_manager(
    folder: Path, monkeypatch: pytest.MonkeyPatch, gates: Gates
) -> Iterator[Callable[..., Manager]]:
    """Managers whose workers run the stand-in; all are closed at the end."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    made: list[Manager] = []

    def make(slots: int = 2, *words: str, spare: bool = False) -> Manager:
        engine = LocalEngine(folder, ["--generator", FAKE, *words])
        made.append(Manager(folder, slots, engine=engine, spare=spare))
        return made[-1]

    folder.mkdir()
    yield make
    for manager in made:
        manager.close()


@pytest.fixture
def history(store: Store) -> History:
    return History(store)
