"""`reproduce` from the shell: a paper's table is printed, and the measurements are written after every run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.errors import RunRefused
from kdcore.runs.store import Store
from kdcore.studies import reproduction_registry, reproduction_runs
from kdcore.studies.reproduction_registry import paper_names, papers
from tests.kdcore.studies.small_papers import on_digits

NAME = "stanton2021"


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper on digits, and a runs folder of its own."""
    small = {NAME: on_digits(papers()[NAME])}
    monkeypatch.setattr(reproduction_registry, "papers", lambda: small)
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))


def test_the_claims_and_figures_are_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results" / "out.json"
    assert main(["reproduce", NAME, "--seeds", "2", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    small = reproduction_registry.papers()[NAME]
    assert all(claim.says in said for claim in small.claims)
    assert "at 5 % in all (seeds: 2)" in said
    written = json.loads(out.read_text())
    assert {arm: len(one["runs"]) for arm, one in written["arms"].items()} == dict.fromkeys(small.arms, 2)

    assert main(["reproduce", NAME, "--seeds", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == written


def test_it_is_written_after_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, real, trained = tmp_path / "out.json", reproduction_runs.finished_run, []

    def refusing(*given: object, **named: object) -> object:
        if trained:
            raise RunRefused("The second run was refused.")
        trained.append(real(*given, **named))
        return trained[0]

    monkeypatch.setattr(reproduction_runs, "finished_run", refusing)
    assert main(["reproduce", NAME, "--seeds", "1", "--out", str(out)]) == 2
    [arm] = json.loads(out.read_text())["arms"].values()
    assert len(arm["runs"]) == 1

    monkeypatch.setattr(reproduction_runs, "finished_run", real)
    assert main(["reproduce", NAME, "--seeds", "1", "--out", str(out)]) == 0
    store = Store(tmp_path / "runs")
    assert len(store.runs(limit=10)) == len(reproduction_registry.papers()[NAME].arms)


def test_every_paper_is_offered_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["reproduce", "--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in ("hinton2015", *paper_names()))
    with pytest.raises(SystemExit) as refused:
        main(["reproduce", "hinton1986"])
    assert refused.value.code == 2
