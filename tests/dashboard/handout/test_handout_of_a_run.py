"""The page of a run, as its process makes it: true to what the method learns from, and refused in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdcore.experiment import Experiment
from kdcore.export.export_format import ExportOptions
from kdcore.export.formats import page
from kdcore.export.recorded_run import read
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.manual import ROOT

SHORT = {"count": 100, "epochs": 2, "teacher": "digits-mlp-300", "student": "mlp-30"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A runs folder, and the id of a run that learns from labels only."""
    folder = tmp_path_factory.mktemp("runs")
    store = Store(folder)
    run = store.create(Experiment.from_flat({**SHORT, "method": "labels-only"}), "test", status="running")
    train_run(store, run.id, data_folder=folder)
    store.close()
    return folder, run.id


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {"STILLROOM_RUNS": str(folder), "STILLROOM_DATA": str(folder)}
    command = [sys.executable, "-m", "dashboard.handout", *words]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )


def test_a_teacher_that_nobody_asked_is_told_apart(runs: tuple[Path, str], tmp_path: Path) -> None:
    folder, run_id = runs
    done = make(folder, run_id, "--out", str(tmp_path / "page.html"))
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "not asked" in html
    assert "student (distilled)" not in html


def test_it_starts_nothing_in_the_runs_folder(runs: tuple[Path, str], tmp_path: Path) -> None:
    folder, run_id = runs
    store = Store(folder)
    waiting = store.create(Experiment.from_flat(SHORT), "somebody")
    make(folder, run_id, "--out", str(tmp_path / "page.html"), "--figure", "numbers")
    assert store.run(waiting.id).status == "queued", "no manager runs there"
    assert len((tmp_path / "page.html").read_bytes()) < 600_000, "one figure, without charts"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody"], "no run"),
        (["{run}", "--figure", "magic"], "There is no figure 'magic' here. There are: soft-targets, numbers"),
    ],
)
def test_what_cannot_be_made_gets_a_sentence(
    runs: tuple[Path, str], tmp_path: Path, words: list[str], says: str
) -> None:
    folder, run_id = runs
    done = make(folder, *(word.format(run=run_id) for word in words), "--out", str(tmp_path / "page.html"))
    assert done.returncode == 2
    assert says.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "page.html").exists()


def test_a_run_without_curves_or_networks_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    record = read(store, store.create(Experiment(), "test").id)
    assert "has no tested networks" in page.refusal(record)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import sys; print('the sentence', file=sys.stderr); sys.exit(2)", "the sentence"),
        ("raise KeyError('odd')", "The page could not be made: KeyError: 'odd'."),
        ("import dashboardless", "The page could not be made"),
    ],
)
def test_what_the_process_says_is_handed_on(
    runs: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, says: str
) -> None:
    from kdcore.errors import RunRefused

    (tmp_path / "maker.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(page, "MAKER", "maker")
    store = Store(runs[0])
    with pytest.raises(RunRefused) as refused:
        page.make([read(store, runs[1])], ExportOptions())
    assert says in str(refused.value)
