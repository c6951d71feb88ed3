"""Setting up: one sentence where it cannot be done, a stamp so that it is done once."""

from __future__ import annotations

import ast
import importlib.util
import io
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import set_up


class Calls:
    """Stands for subprocess.call: notes the commands, creates what venv would, fails where it is told to."""

    def __init__(self, venv: Path, failing: str = "") -> None:
        self.venv, self.failing = venv, failing
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **options: object) -> int:
        self.commands.append(command)
        python = Path(set_up.PYTHON)
        if "--version" in command:
            return 0 if python.exists() else 1
        if self.failing and self.failing in command:
            return 1
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return 0


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text("torch==1\n")
    (tmp_path / "requirements-dev.txt").write_text("pytest==1\n")
    monkeypatch.setattr(set_up, "ROOT", str(tmp_path))
    monkeypatch.setattr(set_up, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(set_up, "LOCK", str(tmp_path / ".set-up.lock"))
    monkeypatch.setattr(set_up, "PYTHON", str(tmp_path / ".venv/bin/python"))
    return tmp_path


@pytest.fixture
def calls(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls(checkout / ".venv")
    monkeypatch.setattr(subprocess, "call", calls)
    return calls


def test_it_is_done_once_and_again_when_a_pin_changes(checkout: Path, calls: Calls) -> None:
    assert set_up.main("run") == 0
    assert [command[1:3] for command in calls.commands][1:] == [["-m", "venv"], ["-m", "pip"]]

    calls.commands.clear()
    assert set_up.main("run") == 0
    assert calls.commands == []

    (checkout / "requirements.txt").write_text("torch==2\n")
    assert set_up.main("run") == 0
    assert [command[1:4] for command in calls.commands] == [
        ["-m", "pip", "--version"],
        ["-m", "pip", "install"],
    ]


def test_two_at_once_wait_for_each_other(
    checkout: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()

    class Told(io.StringIO):
        def write(self, text: str) -> int:
            if "Another set-up" in text:
                waiting.set()
            return super().write(text)

    monkeypatch.setattr(sys, "stderr", Told())
    with ThreadPoolExecutor() as pool:
        with set_up.alone():
            second = pool.submit(set_up.main, "run")
            assert waiting.wait(timeout=60)
            set_up.make_venv()
            set_up.install("run")
            done = len(calls.commands)
        assert second.result(timeout=60) == 0
    assert len(calls.commands) == done


def test_a_folder_that_cannot_be_written_to_is_one_sentence(
    checkout: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(set_up, "LOCK", str(checkout / "nowhere" / ".set-up.lock"))
    assert set_up.main("run") == 2
    assert capsys.readouterr().err.endswith("and try again.\n")
    assert calls.commands == []


def test_what_the_tests_need_holds_what_the_program_needs(checkout: Path, calls: Calls) -> None:
    assert set_up.main("dev") == 0
    assert any(word.endswith("requirements-dev.txt") for word in calls.commands[-1])
    calls.commands.clear()
    assert set_up.main("run") == 0
    assert calls.commands == []


def test_a_failed_installation_is_one_sentence_and_is_tried_again(
    checkout: Path, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set_up.main("run") == 0
    (checkout / "requirements.txt").write_text("torch==2\n")
    calls.failing = "install"
    assert set_up.main("run") == 2
    assert "pip could not install requirements.txt" in capsys.readouterr().err.splitlines()[-1]
    assert not set_up.is_done("run")


def test_an_environment_that_lost_its_interpreter_is_made_again(checkout: Path, calls: Calls) -> None:
    assert set_up.main("run") == 0
    Path(set_up.PYTHON).unlink()
    calls.commands.clear()
    assert set_up.main("run") == 0
    assert ["-m", "venv", "--clear"] in [command[1:4] for command in calls.commands]


def test_an_old_python_is_told_in_a_sentence() -> None:
    with pytest.raises(set_up.SetUpFailed, match=r"needs Python 3\.11 or newer and .* is 3\.10\.4"):
        set_up.check_python((3, 10, 4))
    set_up.check_python((3, 11, 0))


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("venv", "has no venv module"),
        ("ensurepip", "has no venv module"),
        ("_sqlite3", "was built without SQLite"),
    ],
)
def test_what_a_python_lacks_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, missing: str, told: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(set_up.SetUpFailed, match=told):
        set_up.check_python((3, 12, 0))


def test_an_old_python_can_read_the_file_that_refuses_it() -> None:
    ast.parse(Path(set_up.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_make_says_in_a_sentence_that_there_is_no_python() -> None:
    root = Path(set_up.__file__).parent.parent
    made = subprocess.run(["make", "run", "PYTHON=no-such-python"], cwd=root, capture_output=True, text=True)
    assert made.returncode == 2
    assert made.stderr.startswith("There is no no-such-python here")
