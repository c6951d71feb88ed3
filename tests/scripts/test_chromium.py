"""A Chromium for the browser tests: the user's own first, none that does not start, fetched in a fixed order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts import chromium


def executable(path: Path, code: int) -> str:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STILLROOM_CHROME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    monkeypatch.setattr(chromium, "downloaded", lambda: iter(()))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    commands: list[str] = []

    def note(command: list[str]) -> bool:
        commands.append(" ".join(command[-3:]))
        return True

    monkeypatch.setattr(chromium, "succeeds", note)
    return commands


def test_the_users_own_is_taken_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = executable(tmp_path / "chromium", 0)
    assert chromium.find() == installed
    own = executable(tmp_path / "own", 0)
    monkeypatch.setenv("STILLROOM_CHROME", own)
    assert chromium.find() == own
    monkeypatch.setenv("STILLROOM_CHROME", str(tmp_path / "absent"))
    assert chromium.find() is None


def test_one_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    executable(tmp_path / "chromium", 1)
    other = executable(tmp_path / "google-chrome", 0)
    assert chromium.find() == other


def test_where_there_is_one_nothing_is_fetched(tmp_path: Path, tried: list[str]) -> None:
    installed = executable(tmp_path / "chromium", 0)
    assert chromium.get() == installed
    assert tried == []


def test_playwright_is_asked_first_then_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tried: list[str]
) -> None:
    executable(tmp_path / "apt-get", 0)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert chromium.get() is None
    assert tried == ["playwright install chromium", "apt-get update", "-y --no-install-recommends chromium"]


def test_only_root_asks_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tried: list[str]) -> None:
    executable(tmp_path / "apt-get", 0)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert chromium.get() is None
    assert tried == ["playwright install chromium"]


def test_nothing_is_fetched_against_the_users_own_choice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tried: list[str]
) -> None:
    monkeypatch.setenv("STILLROOM_CHROME", str(tmp_path / "absent"))
    assert chromium.get() is None
    assert tried == []
