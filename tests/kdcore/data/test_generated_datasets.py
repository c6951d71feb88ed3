"""The datasets that are drawn here: the same from the same seed, kept, apart, and their labels drawn from their truth."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kdcore.data import generated_datasets
from kdcore.data.catalogue import GENERATED, Generated
from kdcore.data.raw_images import RawImages

FEW = {name: replace(source, images=1500, test_images=600) for name, source in GENERATED.items()}


@pytest.fixture(scope="module", params=sorted(GENERATED))
def source(request: pytest.FixtureRequest) -> Generated:
    """One of them, with fewer images."""
    return FEW[request.param]


@pytest.fixture(scope="module")
def images(source: Generated) -> RawImages:
    return generated_datasets.generate(source, seed=0)


def test_the_same_seed_gives_the_same_bits_and_another_others(source: Generated, images: RawImages) -> None:
    again, other = (generated_datasets.generate(source, seed) for seed in (0, 1))
    for name in ("train_images", "train_labels", "train_truth", "test_images", "test_labels", "test_truth"):
        assert np.array_equal(getattr(images, name), getattr(again, name))
        assert not np.array_equal(getattr(images, name), getattr(other, name))


def test_no_image_is_there_twice(source: Generated) -> None:
    """Neither within training or test images nor in both, which as many draws of one stream would make alike."""
    images = generated_datasets.generate(replace(source, images=300, test_images=300), seed=0)
    every = [*images.train_images, *images.test_images]
    assert len({image.tobytes() for image in every}) == len(every)


def test_what_is_kept_is_read_again_without_drawing(
    source: Generated, images: RawImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated_datasets.read(source, tmp_path)
    monkeypatch.setattr(generated_datasets, "generate", None)
    kept = generated_datasets.read(source, tmp_path)
    assert np.array_equal(kept.train_images, images.train_images)
    assert np.array_equal(np.asarray(kept.test_truth), np.asarray(images.test_truth))
    assert kept.classes == source.class_names


def test_another_version_or_a_damaged_file_is_drawn_again(
    source: Generated, images: RawImages, tmp_path: Path
) -> None:
    generated_datasets.read(source, tmp_path)
    [file] = (tmp_path / ".cache").glob("*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    assert np.array_equal(generated_datasets.read(source, tmp_path).test_images, images.test_images)
    generated_datasets.read(replace(source, version=source.version + 1), tmp_path)
    [newer] = (tmp_path / ".cache").glob("*.npz")
    assert newer.name != file.name


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    source: Generated, images: RawImages, tmp_path: Path
) -> None:
    (tmp_path / ".cache").write_text("a file where the folder should be")
    assert np.array_equal(generated_datasets.read(source, tmp_path).test_images, images.test_images)


def test_the_truth_is_a_distribution_and_certain_for_four_fifths(images: RawImages) -> None:
    truth = np.asarray(images.train_truth, np.float64)
    np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-6)
    assert truth.min() >= 0
    assert ((truth > 0).sum(axis=1) == 1).mean() == pytest.approx(0.8, abs=0.001)
    assert ((truth > 0).sum(axis=1) <= 2).all()


def test_labels_are_drawn_from_the_truth(source: Generated) -> None:
    """Of images with a probability of p for the second class, a share of p has it, in each tenth of p."""
    many = generated_datasets.generate(replace(source, images=8000, test_images=1), seed=3)
    truth = np.asarray(many.train_truth)
    assert truth[np.arange(8000), many.train_labels].min() > 0, "no label is impossible"
    blended = np.flatnonzero(truth.max(axis=1) < 1)
    second = np.array([np.flatnonzero(row)[-1] for row in truth[blended]])
    likely, has = truth[blended, second], many.train_labels[blended] == second
    for low in np.arange(0, 1, 0.1):
        within = (likely >= low) & (likely < low + 0.1)
        assert within.sum() > 80, "probabilities are uniform"
        assert has[within].mean() == pytest.approx(likely[within].mean(), abs=0.17)
    assert has.mean() == pytest.approx(likely.mean(), abs=0.04)


def test_every_class_is_there_as_often(images: RawImages) -> None:
    certain = np.asarray(images.train_truth).max(axis=1) == 1
    counts = np.bincount(images.train_labels[certain], minlength=10)
    assert counts.min() > 80
    assert counts.max() < 165


def test_all_of_them_come_in_seconds() -> None:
    began = time.process_time()
    for source in GENERATED.values():
        generated_datasets.generate(source, seed=0)
    assert time.process_time() - began < 40, "6 to 15 s when measured; an image at a time would take minutes"
