"""The teachers that come with the project are what their cards say; those of real images where the images are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdcore import networks, teachers
from kdcore.data import catalogue, datasets
from kdcore.experiment import Experiment
from kdcore.metrics import classification, dark_knowledge, evaluation
from kdcore.system import threads

NOWHERE = Path("nowhere")
CARDS = {card.name: card for card in teachers.all_cards(NOWHERE)}
INCLUDED = catalogue.WITHOUT_FILES
TRAINED = {name: card for name, card in CARDS.items() if not card.is_oracle}
MNIST, OVERCONFIDENT, SMOOTHED = (f"mnist-cnn-medium{end}" for end in ("", "-overconfident", "-smoothed"))
CIFAR = "cifar10-jpeg-resnet11-slim"
ROUNDING = 2
"""Images on the edge between two classes that another processor's rounding may move."""


@cache
def logits(name: str, folder: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """By split: what the teacher says of all images [n, C], and their labels [n]."""
    card = CARDS[name]
    network = networks.build(card.network, card.shape, len(card.classes), seed=0)
    network.load_state_dict(teachers.load(card, NOWHERE))
    network = networks.placed(network, card.network, "cpu")
    there = dataset(card.dataset, folder)
    before = torch.get_num_threads()
    torch.set_num_threads(threads.cores())
    try:
        return {
            split: (evaluation.evaluate(network, images.images), images.labels)
            for split, images in (("validation", there.validation), ("test", there.test))
        }
    finally:
        torch.set_num_threads(before)


@cache
def dataset(name: str, folder: Path) -> datasets.Dataset:
    return datasets.load(name, folder=folder, download=False)


def check(name: str, folder: Path) -> None:
    for split, (said, labels) in logits(name, folder).items():
        told = getattr(CARDS[name], split)
        assert told["images"] == len(labels)
        assert abs(classification.errors(said, labels) - told["errors"]) <= ROUNDING


def test_the_bundled_ones_are_all_there() -> None:
    assert {"digits-mlp-300", MNIST, OVERCONFIDENT, SMOOTHED, CIFAR} <= CARDS.keys()


@pytest.mark.parametrize("name", sorted(TRAINED))
def test_a_card_says_how_to_train_it_again(name: str) -> None:
    card = CARDS[name]
    assert card.command.startswith("python -m kdcore teach ")
    assert f"--name {name}" in card.command
    facts = networks.describe(card.network, card.shape, len(card.classes))
    assert card.parameters == facts.parameters


def test_what_the_cards_promise() -> None:
    def kilobytes(name: str) -> float:
        return (teachers.BUNDLED / f"{name}.safetensors").stat().st_size / 1e3

    assert CARDS[MNIST].test["errors"] <= 80
    assert kilobytes(MNIST) <= 1000
    assert CARDS[CIFAR].test["errors"] <= 1200
    assert CARDS[CIFAR].parameters <= 1_200_000
    assert kilobytes(CIFAR) < 2.1 * CARDS[CIFAR].parameters / 1e3, "half precision on disk"


@pytest.fixture(scope="module")
def nothing_downloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for what comes along."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("name", sorted(name for name, card in TRAINED.items() if card.dataset in INCLUDED))
def test_a_teacher_of_images_that_come_along_makes_the_errors_of_its_card(
    name: str, nothing_downloaded: Path
) -> None:
    check(name, nothing_downloaded)


@pytest.mark.parametrize("name", sorted(CARDS.keys() - TRAINED.keys()))
def test_an_oracles_card_has_the_errors_of_the_truth(name: str, nothing_downloaded: Path) -> None:
    card, there = CARDS[name], dataset(CARDS[name].dataset, nothing_downloaded)
    for split, told in ((there.validation, card.validation), (there.test, card.test)):
        assert split.truth is not None
        errors = classification.errors(split.truth, split.labels)
        assert told == {"errors": errors, "images": len(split)}
    assert card.mean == pytest.approx(there.mean)


def test_who_learned_from_drawn_digits_reads_those_of_mnist(data_folder: Path) -> None:
    card, mnist = CARDS["drawn-cnn-medium"], dataset("mnist", data_folder)
    network = networks.build(card.network, card.shape, len(card.classes), seed=0)
    network.load_state_dict(teachers.load(card, NOWHERE))
    images = (mnist.test.images * mnist.std[0] + mnist.mean[0] - card.mean[0]) / card.std[0]
    logits = evaluation.evaluate(network, images)
    assert classification.accuracy(logits, mnist.test.labels) > 0.95, "95.6 % when measured"
    for digit in range(10):
        its = mnist.test.labels == digit
        assert classification.accuracy(logits[its], mnist.test.labels[its]) > 0.88


@pytest.mark.proof
@pytest.mark.parametrize(
    "name", sorted(name for name, card in TRAINED.items() if card.dataset not in INCLUDED)
)
def test_a_teacher_makes_the_errors_of_its_card(name: str, data_folder: Path) -> None:
    check(name, data_folder)


def test_a_cards_mean_and_deviation_are_those_of_its_training_images(data_folder: Path) -> None:
    for card in CARDS.values():
        there = dataset(card.dataset, data_folder)
        assert card.mean == pytest.approx(there.mean)
        assert card.std == pytest.approx(there.std)


@pytest.mark.proof
def test_label_smoothing_has_erased_what_its_sibling_knows_of_alike_classes(data_folder: Path) -> None:
    spread = {
        name: dark_knowledge.non_answer_spread(*logits(name, data_folder)["test"])
        for name in (MNIST, OVERCONFIDENT, SMOOTHED)
    }
    assert spread[SMOOTHED] <= spread[MNIST] / 3
    assert spread[OVERCONFIDENT] > spread[MNIST]


@pytest.mark.proof
def test_the_over_confident_one_is_surer_than_its_sibling(data_folder: Path) -> None:
    def sure(name: str) -> float:
        said, _ = logits(name, data_folder)["test"]
        return float(torch.softmax(said.double(), dim=1).amax(dim=1).mean())

    assert sure(OVERCONFIDENT) > sure(MNIST) > sure(SMOOTHED)


def test_another_machine_gets_what_an_experiment_learns_from(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    experiment = Experiment().with_flat(teacher="mine")
    weights = {"w": torch.arange(3.0)}
    own = teachers.save(replace(CARDS[MNIST], name="mine"), weights, here / "teachers")
    teachers.save(replace(own, name=f"{experiment.teacher_hash}-images"), weights, teachers.kept_folder(here))
    teachers.save(replace(own, name="mine-too"), weights, here / "teachers")

    files = teachers.files_of(experiment, here)
    assert len(files) == 4, "its own teacher and the kept one, two files each"
    teachers.store_files(files, there)
    found = teachers.find("mine", there)
    assert found == own
    assert teachers.load(found, there)["w"].tolist() == [0.0, 1.0, 2.0]
    assert teachers.files_of(experiment, there) == files

    unchanged = (there / "teachers" / "mine.json").stat().st_mtime_ns
    teachers.store_files(files, there)
    assert (there / "teachers" / "mine.json").stat().st_mtime_ns == unchanged
    teachers.save(own, {"w": torch.zeros(3)}, here / "teachers")
    teachers.store_files(teachers.files_of(experiment, here), there)
    assert teachers.find("mine", there) == teachers.find("mine", here), (
        "one that was trained again replaces it"
    )
