"""Recorded answers teach as the network did that gave them, on the images that they are of, and are refused where they cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kdcore import teachers
from kdcore.data import datasets
from kdcore.errors import DataUnavailable, InvalidExperiment, TeacherUnavailable
from kdcore.events import Finished, NoCommands, Validation
from kdcore.experiment import Experiment
from kdcore.inference import models, network_outputs, output_cache
from kdcore.metrics.evaluation import evaluate
from kdcore.networks import build
from kdcore.pipelines import checks, experiment_pipeline, removed_teachers
from kdcore.pipelines.add_answers import keep_answers, place_answers
from kdcore.pipelines.answered_dataset import keep_answered_images
from kdcore.pipelines.brought_teacher import TeacherDescription
from kdcore.teachers import TeacherCard

NETWORK = "digits-mlp-300"
SHORT = Experiment().with_flat(dataset="digits", teacher=NETWORK, student="mlp-10", count=200, epochs=3)
SAID = TeacherDescription(dataset="digits")


@pytest.fixture(scope="module")
def said_of() -> dict[str, np.ndarray[Any, Any]]:
    """What the bundled network says of each split's images, as logits."""
    dataset = datasets.load("digits")
    card = teachers.find(NETWORK, Path("nowhere"))
    assert card is not None
    network = build(card.network, card.shape, 10, seed=0)
    network.load_state_dict(teachers.load(card, Path("nowhere")))
    splits = {name: getattr(dataset, name) for name in ("train", "validation", "test")}
    return {name: evaluate(network, split.images).numpy() for name, split in splits.items()}


def recorded(
    folder: Path, arrays: dict[str, Any], said: TeacherDescription = SAID, name: str = "people"
) -> TeacherCard:
    np.savez(folder / "answers.npz", **arrays)
    found = place_answers(folder / "answers.npz", said, folder)
    return keep_answers(found, said, name, folder / "runs")


def run(experiment: Experiment, folder: Path) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """The results, and the errors and the loss on validation images by network."""
    curves: dict[str, list[float]] = {}
    events = experiment_pipeline.run(
        experiment, data_folder=folder, runs_folder=folder / "runs", commands=NoCommands()
    )
    for event in events:
        if isinstance(event, Validation):
            curves.setdefault(event.role, []).extend((event.errors, event.nll))
        if isinstance(event, Finished):
            return event.results, curves
    raise AssertionError("it did not finish")


def test_a_student_of_recorded_logits_is_the_student_of_the_network(
    said_of: dict[str, Any], tmp_path: Path
) -> None:
    card = recorded(tmp_path, said_of)
    results, curves = run(SHORT.with_flat(teacher=card.name), tmp_path)
    by_network, curves_by_network = run(SHORT, tmp_path)
    assert results["teacher"]["test_errors"] == by_network["teacher"]["test_errors"] == 8
    assert results["student"]["test_errors"] == by_network["student"]["test_errors"]
    assert results["teacher"]["network"] == "recorded"
    for role in ("teacher", "twin", "student"):
        assert curves[role] == pytest.approx(curves_by_network[role], abs=1e-5)


def test_probabilities_teach_at_any_temperature_but_for_what_the_floor_takes(
    said_of: dict[str, Any], tmp_path: Path
) -> None:
    shares = {name: torch.from_numpy(z).softmax(dim=1).numpy() for name, z in said_of.items()}
    card = recorded(tmp_path, shares, TeacherDescription(dataset="digits", floor=1e-12))
    assert card.inputs["answers"] == "probabilities"
    results, _ = run(SHORT.with_flat(teacher=card.name, temperature=8), tmp_path)
    by_network, _ = run(SHORT.with_flat(temperature=8), tmp_path)
    assert results["student"]["test_nll"] == pytest.approx(by_network["student"]["test_nll"], abs=1e-3)


def test_students_learn_from_the_images_that_have_an_answer(said_of: dict[str, Any], tmp_path: Path) -> None:
    some = {"train": said_of["train"][:150], "train_index": np.arange(150), "test": said_of["test"][:40]}
    whole = datasets.load("digits")
    assert whole.places is not None
    some["train_index"] = whole.places.train[:150].numpy()
    some["test_index"] = whole.places.test[:40].numpy()  # type: ignore[index]
    some["all"] = np.concatenate([some.pop("train"), some.pop("test")])
    some["all_index"] = np.concatenate([some.pop("train_index"), some.pop("test_index")])
    card = recorded(tmp_path, some)
    assert card.validation == {}
    assert card.test["images"] == 40
    results, curves = run(SHORT.with_flat(teacher=card.name, count=None), tmp_path)
    assert results["dataset"]["images"]["transfer"] == 150
    assert "150 of 1,077 training" in results["dataset"]["notes"][0]
    assert "teacher" not in results, "without answers to validation images it is not tested"
    assert "teacher" not in curves
    assert results["student"]["test_images"] == 360


def test_the_teacher_is_tested_on_what_it_answered(said_of: dict[str, Any], tmp_path: Path) -> None:
    arrays = {
        "train": said_of["train"],
        "validation": said_of["validation"][:90],
        "validation_index": np.arange(90),
    }
    arrays |= {"test": said_of["test"]}
    card = recorded(tmp_path, arrays)
    results, _ = run(SHORT.with_flat(teacher=card.name), tmp_path)
    assert results["teacher"]["val_images"] == 90
    assert results["teacher"]["test_errors"] == 8
    assert results["student"]["test_agreement"] > 0


def test_runs_on_other_answered_images_have_other_twins(said_of: dict[str, Any], tmp_path: Path) -> None:
    first = recorded(tmp_path, {"train": said_of["train"], "test": said_of["test"]})
    hashes = []
    for card in (
        first,
        recorded(tmp_path, {"train": said_of["train"][:900], "train_index": np.arange(900)}, name="b"),
    ):
        experiment = SHORT.with_flat(teacher=card.name, student="cnn-tiny", epochs=1)
        hashes.append(run(experiment, tmp_path)[0]["twin_hash"])
    assert hashes[0] != hashes[1]


def test_answers_to_none_of_the_training_images_teach_nobody(said_of: dict[str, Any], tmp_path: Path) -> None:
    card = recorded(tmp_path, {"test": said_of["test"]})
    with pytest.raises(TeacherUnavailable, match="as-dataset"):
        run(SHORT.with_flat(teacher=card.name), tmp_path)


def test_people_who_labelled_test_images_teach_on_a_part_and_the_rest_tests(tmp_path: Path) -> None:
    """The form of CIFAR-10H: a row of counts for each published test image, in that order."""
    rng = np.random.default_rng(0)
    labels = datasets.load("digits").test.labels.numpy()
    counts = rng.multinomial(5, [0.1] * 10, size=360) + 45 * np.eye(10, dtype=np.int64)[labels]
    np.save(tmp_path / "counts.npy", counts)
    said = TeacherDescription(dataset="digits", split="test")
    found = place_answers(tmp_path / "counts.npy", said, tmp_path)
    assert found.kind == "counts"
    moved, about = keep_answered_images(found, said, "answered", tmp_path)
    card = keep_answers(moved, about, "people", tmp_path / "runs")
    assert (card.dataset, card.test) == ("answered", {"errors": 0, "images": 72})
    results, _ = run(SHORT.with_flat(dataset="answered", teacher=card.name, count=None), tmp_path)
    images = results["dataset"]["images"]
    assert (images["transfer"], images["validation"], images["test"]) == (260, 28, 72)
    assert results["teacher"]["test_errors"] == 0
    with pytest.raises(DataUnavailable, match="already"):
        keep_answered_images(found, said, "answered", tmp_path)


def checked(experiment: Experiment, folder: Path) -> checks.CheckedExperiment:
    return checks.check(experiment, data_folder=folder, runs_folder=folder / "runs")


@pytest.mark.parametrize("setting", [{"shift": 1}, {"mixup": 0.2}, {"logit_shift": 1}])
def test_augmented_images_are_refused(
    setting: dict[str, float], said_of: dict[str, Any], tmp_path: Path
) -> None:
    card = recorded(tmp_path, said_of)
    with pytest.raises(InvalidExperiment, match="of the images as they are"):
        checked(SHORT.with_flat(teacher=card.name, **setting), tmp_path)
    checked(SHORT.with_flat(teacher=card.name, shift=1, fixed_logits=True), tmp_path)


@pytest.mark.parametrize("method", ["attention-transfer", "layer-by-layer", "data-free", "hint"])
def test_methods_that_need_a_network_are_refused(
    method: str, said_of: dict[str, Any], tmp_path: Path
) -> None:
    card = recorded(tmp_path, said_of)
    with pytest.raises(InvalidExperiment, match="uses more of its teacher"):
        checked(SHORT.with_flat(teacher=card.name, method=method, student="cnn-small"), tmp_path)


def test_how_answers_change_with_an_image_nobody_recorded(said_of: dict[str, Any], tmp_path: Path) -> None:
    card = recorded(tmp_path, said_of)
    with pytest.raises(InvalidExperiment, match="how answers change"):
        run(SHORT.with_flat(teacher=card.name, method="input-gradients", epochs=1), tmp_path)


def test_its_name_is_its_content_and_what_was_said_cannot_be_changed(
    said_of: dict[str, Any], tmp_path: Path
) -> None:
    card = recorded(tmp_path, said_of)
    again = recorded(tmp_path, said_of)
    other = recorded(tmp_path, said_of, TeacherDescription(dataset="digits", floor=1e-3))
    assert card.name == again.name != other.name
    path = tmp_path / "runs" / "teachers" / f"{card.name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"inputs": {"dataset": "mnist"}}))
    altered = teachers.find(card.name, tmp_path / "runs")
    assert altered is not None
    with pytest.raises(TeacherUnavailable, match="not what was said"):
        teachers.load(altered, tmp_path / "runs")


def test_people_stand_beside_a_network_where_all_images_have_an_answer(
    said_of: dict[str, Any], tmp_path: Path
) -> None:
    recorded(tmp_path, {"test": said_of["test"]})
    runs = tmp_path / "runs"
    by_name = {model.title.partition("-")[0]: model for model in models.of_teachers(runs, "digits")}
    people, network = by_name["people"], by_name["digits"]
    assert people.knows == network.knows
    network_outputs.compute_outputs([people, network], runs, data_folder=tmp_path, splits=["test"])
    outputs = output_cache.cached_outputs(people, "test", runs, tmp_path)
    assert outputs is not None
    np.testing.assert_allclose(outputs.logits, said_of["test"], atol=1e-6)
    assert outputs.features is None
    with pytest.raises(DataUnavailable, match="0 of 360 validation images"):
        network_outputs.compute_outputs([people], runs, data_folder=tmp_path, splits=["validation"])
    with pytest.raises(DataUnavailable, match="no features"):
        network_outputs.compute_projection([people], "test", "pca", runs, data_folder=tmp_path)


def test_a_browsers_own_teacher_is_removed_by_it_alone(said_of: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "answers.npz", **said_of)
    found = place_answers(tmp_path / "answers.npz", SAID, tmp_path)
    card = keep_answers(found, SAID, "people", tmp_path / "runs", owner="me")
    assert replace(card, owner="") != card
    with pytest.raises(TeacherUnavailable):
        removed_teachers.remove(card.name, tmp_path / "runs", "you")
    removed_teachers.remove(card.name, tmp_path / "runs", "me")
    assert teachers.find(card.name, tmp_path / "runs") is None
