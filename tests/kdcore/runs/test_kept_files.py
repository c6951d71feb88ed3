"""What can be computed again is forgotten by age and size; what is named or in use stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.runs.kept_files import forget, most_kept, to_forget

DAY = 24 * 3600.0
SIZE = 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Teachers and logits, each a day older than the one before, and a named teacher."""
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    for age, name in enumerate(("kept/new", "kept/old", "teachers/mine")):
        for ending in ("json", "safetensors"):
            _file(tmp_path / f"{name}.{ending}", age + 1)
    _file(tmp_path / "kept/logits/a.safetensors", 1.5)
    _file(tmp_path / "kept/logits/in-use.safetensors", 0)
    _file(tmp_path / "kept/answers/x/test.logits.npy", 9)
    os.utime(tmp_path / "kept/answers/x", (time.time() - 9 * DAY,) * 2)
    return tmp_path


def _file(path: Path, days: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * SIZE)
    os.utime(path, (time.time() - days * DAY,) * 2)


def names(folder: Path, **how: float) -> list[str]:
    found = to_forget(folder, **{"most": 1e9, **how})
    return [path.relative_to(folder).as_posix() for thing in found for path in thing.paths]


def test_the_longest_unused_are_forgotten_first(folder: Path) -> None:
    old = ["kept/old.json", "kept/old.safetensors"]
    assert names(folder) == []
    assert names(folder, most=6 * SIZE) == ["kept/answers/x"]
    assert names(folder, most=5 * SIZE) == [*old, "kept/answers/x"]
    assert names(folder, unused=1.8 * DAY) == [*old, "kept/answers/x"]
    assert "kept/logits/in-use.safetensors" not in names(folder, most=0)


def test_they_are_removed_and_named_teachers_stay(folder: Path) -> None:
    assert forget(to_forget(folder, most=4 * SIZE)) == 3 * SIZE
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    kept = {
        "kept/new.json",
        "kept/new.safetensors",
        "kept/logits/a.safetensors",
        "kept/logits/in-use.safetensors",
    }
    assert left == {*kept, "teachers/mine.json", "teachers/mine.safetensors"}


def test_the_shell_says_what_it_would_free_and_frees_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["runs", "clean", "--what", "kept", "--older", "1.8"]
    assert main(words) == 0
    assert "would free 0.0 MB: 2 kept" in capsys.readouterr().out
    assert (folder / "kept/old.json").exists()
    assert main([*words, "--yes"]) == 0
    assert not (folder / "kept/old.json").exists()
    assert (folder / "kept/new.json").exists()


def test_how_much_is_kept_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_kept() == 5e9
    monkeypatch.setenv("STILLROOM_KEPT", "0.5")
    assert most_kept() == 5e8
