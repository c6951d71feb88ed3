"""The reproduction's parts on digits: found again by hash, its figures those of its runs, the bias tuned on validation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from kdcore.cli.main import main
from kdcore.data import datasets
from kdcore.errors import RunRefused
from kdcore.inference import models
from kdcore.metrics.class_bias import recall, tuned_bias
from kdcore.metrics.evaluation import evaluate
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.store import Store
from kdcore.studies import hinton2015


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same parts, small enough for a test."""
    small = {"dataset": "digits", "teacher": "digits-mlp-300", "student": "mlp-30", "epochs": 10}
    distilled = hinton2015.DISTILLED.with_flat(**small)
    monkeypatch.setattr(hinton2015, "DISTILLED", distilled)
    monkeypatch.setattr(hinton2015, "WITHOUT_THREES", distilled.with_flat(omit=(3,)))
    monkeypatch.setattr(hinton2015, "SMALL", distilled.with_flat(student="mlp-10", epochs=3))
    monkeypatch.setattr(hinton2015, "TEMPERATURES", (1, 4))


@pytest.mark.usefixtures("quick")
def test_its_figures_are_those_of_its_runs_and_a_second_time_costs_no_training(tmp_path: Path) -> None:
    store = Store(tmp_path)
    measured = hinton2015.reproduce(store, 2, data_folder=tmp_path)
    runs = store.runs(limit=1000)
    there = {line.what: line for line in hinton2015.lines(measured)}
    assert [line.paper for line in there.values()] == [67, 146, 74, 206, 133, 109, 14]
    assert there["800-800 alone"].ours == tuple(run.results["twin"]["test_errors"] for run in measured.whole)
    assert [f.run.results["student"]["test_errors"] for f in measured.small if f.run] != []
    assert len(measured.small) == 4

    run = next(r for r in runs if r.hash == seeded(hinton2015.WITHOUT_THREES, 1).hash)
    [student] = [k for k in models.of_run(run, tmp_path) if k.role == "student"]
    dataset, network = datasets.load("digits"), models.network(student)
    with torch.inference_mode():
        bias = tuned_bias(evaluate(network, dataset.validation.images), dataset.validation.labels, [3])
        expected = recall(evaluate(network, dataset.test.images), dataset.test.labels, [3], bias)
    assert measured.of("student")[1].mended == expected
    assert there["without any 3: errors on threes"].images == int((dataset.test.labels == 3).sum())

    again = hinton2015.reproduce(store, 2, data_folder=tmp_path)
    assert len(store.runs(limit=1000)) == len(runs)
    assert hinton2015.as_json(again) == hinton2015.as_json(measured)


@pytest.mark.usefixtures("quick")
def test_from_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    assert main(["reproduce", "hinton2015", "--seeds", "1", "--out", str(tmp_path / "out.json")]) == 0
    said = capsys.readouterr().out
    assert "the paper tuned it on test" in said
    for line in json.loads((tmp_path / "out.json").read_text())["lines"]:
        assert f"{line['what']}" in said


@pytest.mark.usefixtures("quick")
def test_a_last_fit_on_all_images_leaves_those_parts_alone_that_choose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small student, of which more seeds are trained, and the bias of the omitted class keep their validation images."""
    monkeypatch.setattr(hinton2015, "DISTILLED", hinton2015.DISTILLED.with_flat(train_on_validation=True))
    monkeypatch.setattr(hinton2015, "SMALL_SEEDS", 2)
    measured = hinton2015.reproduce(Store(tmp_path), 1, data_folder=tmp_path)
    digits = datasets.load("digits")
    count = len(digits.train) + len(digits.validation)
    assert measured.whole[0].results["dataset"]["images"]["transfer"] == count
    assert [one.member.seed for one in measured.small] == [0, 1, 0, 1]
    for one in measured.small:
        assert one.run is not None
        assert one.run.results["dataset"]["images"]["transfer"] == len(digits.train)


def test_no_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunRefused, match="one seed or more"):
        hinton2015.reproduce(Store(tmp_path), 0, data_folder=tmp_path)
