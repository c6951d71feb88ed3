"""`export` from the shell."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from kdcore.cli.main import main
from tests.kdcore.export.helpers import ALL, Finished


def test_the_command_line_writes_what_it_says(
    finished: Finished,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = finished()
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    monkeypatch.chdir(tmp_path)
    assert main(["export", record.run.id, "--as", "csv", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["files"] == [f"stillroom-{record.short_id}-curves.csv"]
    assert Path(said["files"][0]).is_file()
    assert main(["export", record.run.id, "--as", "tensorboard", "--out", "logs"]) == 0
    assert {path.name for path in Path("logs").iterdir()} == ALL
    assert main(["export", record.run.id, "--as", "tensorboard", "--out", "logs.zip"]) == 0
    assert zipfile.is_zipfile("logs.zip")
    assert main(["export", record.run.id, "--as", "link", "--server", "https://example.org"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"https://example.org/train?run={record.run.id}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing-here", "--as", "csv"], "nothing-here"),
        (["{run}", "--as", "magic"], "There are: csv, parquet"),
        (["{run}", "--as", "onnx", "--role", "nobody"], "It has: teacher, twin, student"),
        (["{run}", "--as", "csv", "--out", "/proc/nowhere/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_exported_gets_a_sentence(
    finished: Finished,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    assert main(["export", *(word.format(run=finished().run.id) for word in words)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors
