"""The oracle: says the truth of every image that it knows, and is refused where it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kdcore import teachers
from kdcore.data import catalogue, datasets
from kdcore.data.datasets import Dataset
from kdcore.errors import InvalidExperiment, TeacherUnavailable
from kdcore.events import Finished, NoCommands
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.metrics import evaluation, truth
from kdcore.pipelines import checks, experiment_pipeline
from kdcore.pipelines.oracle import Oracle

ORACLE = Experiment().with_flat(
    dataset="drawn", teacher="drawn-oracle", student="mlp-30", count=200, epochs=2, temperature=1.0
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer drawn digits than there are."""
    source = replace(catalogue.GENERATED["drawn"], images=900, test_images=300)
    monkeypatch.setitem(catalogue.GENERATED, "drawn", source)


@pytest.fixture
def drawn(tmp_path: Path) -> Dataset:
    return datasets.load("drawn", folder=tmp_path)


def test_it_says_the_truth_of_every_image_in_any_order(drawn: Dataset) -> None:
    oracle = Oracle(drawn)
    for split in (drawn.train, drawn.validation, drawn.test):
        order = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))
        said = evaluation.evaluate(oracle, split.images[order])
        assert split.truth is not None
        torch.testing.assert_close(said.softmax(dim=1), split.truth[order], atol=2e-5, rtol=0)


def test_an_image_that_it_does_not_know_is_refused(drawn: Dataset) -> None:
    oracle = Oracle(drawn)
    with pytest.raises(InvalidExperiment, match="own images only"):
        oracle(drawn.test.images[:3].roll(1, dims=3))


def test_a_dataset_without_a_truth_has_no_oracle() -> None:
    with pytest.raises(TeacherUnavailable, match="Nobody knows the true probabilities of Digits"):
        Oracle(datasets.load("digits"))


def checked(experiment: Experiment, folder: Path) -> checks.CheckedExperiment:
    return checks.check(experiment, data_folder=folder / "data", runs_folder=folder / "runs")


def test_it_teaches_no_other_dataset(tmp_path: Path) -> None:
    with pytest.raises(TeacherUnavailable, match="knows Drawn digits, not Digits"):
        checked(ORACLE.with_flat(dataset="digits", count=None), tmp_path)


@pytest.mark.parametrize(
    "setting", [{"shift": 1}, {"flip": True}, {"crop": 2}, {"cutout": 4}, {"mixup": 0.2}, {"logit_shift": 1}]
)
def test_augmented_images_are_refused(setting: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="images as they are"):
        checked(ORACLE.with_flat(**setting), tmp_path)


def test_of_augmented_images_it_says_what_is_true_of_them_as_they_are(tmp_path: Path) -> None:
    assert checked(ORACLE.with_flat(shift=1, fixed_logits=True), tmp_path)


@pytest.mark.parametrize("method", ["attention-transfer", "layer-by-layer", "data-free", "hint"])
def test_methods_that_need_more_than_its_answers_are_refused(method: str, tmp_path: Path) -> None:
    assert method in methods()
    with pytest.raises(InvalidExperiment, match="uses more of its teacher"):
        checked(ORACLE.with_flat(method=method, student="cnn-small"), tmp_path)


def test_a_run_with_it_is_judged_against_the_truth(tmp_path: Path) -> None:
    *_, last = experiment_pipeline.run(
        ORACLE, data_folder=tmp_path / "data", runs_folder=tmp_path / "runs", commands=NoCommands()
    )
    assert isinstance(last, Finished)
    results = last.results
    test = datasets.load("drawn", folder=tmp_path / "data").test
    assert test.truth is not None
    assert results["teacher"]["test_truth_kl"] == pytest.approx(0, abs=2e-4)
    assert results["teacher"]["parameters"] == 0
    assert results["teacher"]["latency"] == {}
    assert 0.2 < results["student"]["test_truth_kl"] < 3
    assert results["twin"]["test_truth_kl"] != results["student"]["test_truth_kl"]
    facts = results["dataset"]["truth"]
    assert facts["entropy"] == pytest.approx(truth.entropy(test.truth))
    assert facts["errors"] == results["teacher"]["test_errors"]


def test_a_run_on_images_whose_truth_nobody_knows_says_nothing_of_it(tmp_path: Path) -> None:
    plain = Experiment().with_flat(
        dataset="digits", teacher="digits-mlp-300", student="mlp-10", count=100, epochs=1
    )
    *_, last = experiment_pipeline.run(
        plain, data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands()
    )
    assert isinstance(last, Finished)
    assert "truth" not in last.results["dataset"]
    assert "test_truth_kl" not in last.results["student"]


def test_every_dataset_whose_truth_is_known_has_its_card() -> None:
    cards = {card.dataset: card for card in teachers.all_cards(Path("nowhere")) if card.is_oracle}
    assert {*cards} == {*catalogue.GENERATED}
    for name, card in cards.items():
        assert card.shape[0] == catalogue.GENERATED[name].channels
        assert card.classes == catalogue.GENERATED[name].class_names
