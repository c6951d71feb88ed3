"""Sweeps from the shell."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from kdcore.cli import main


def test_the_shell_sweeps_and_finds_again_what_it_has_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    words = shlex.split(
        "sweep --dataset digits --count 100 --teacher mlp-300 --student mlp-30 "
        "--vary temperature=1,2,3,4,6,8,12,16,20 --seeds 3 --epochs 20 --json"
    )
    assert main.main(words) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    students = [m for m in said["members"] if m["role"] == "student"]
    twins = [m for m in said["members"] if m["role"] == "twin"]
    assert (len(students), len(twins), said["trained"], said["found"]) == (27, 3, 27, 0)
    assert all({"temperature", "seed", "test_errors", "val_accuracy"} <= m.keys() for m in said["members"])
    assert sorted({m["temperature"] for m in students}) == [1, 2, 3, 4, 6, 8, 12, 16, 20]
    assert [m["seed"] for m in twins] == [0, 1, 2]
    assert main.main(words) == 0
    captured = capsys.readouterr()
    again = json.loads(captured.out.splitlines()[-1])
    assert "All 27 students were trained before" in captured.err
    assert (again["trained"], again["found"], again["members"]) == (0, 27, said["members"])
    assert main.main(words[:-1]) == 0
    assert said["sentence"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("vary", "said"),
    [("temperature=0", "temperature"), ("nothing=1", "nothing"), ("omit=0+1+2+3+4+5+6+7+8", "two classes")],
)
def test_the_shell_refuses_before_any_work(
    vary: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    assert main.main(["sweep", "--vary", vary, "--epochs", "1"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
