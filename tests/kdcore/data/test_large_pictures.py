"""Pictures up to 256 pixels: a picture that is not square keeps its shape, and what was made of it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from kdcore.data import datasets
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from tests.kdcore.pipelines.test_recorded_answers import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Wide pictures, red at both ends and green in the middle, of which a class has a blue middle."""
    for name, middle in (("green", (0, 255, 0)), ("blue", (0, 0, 255))):
        for split, count in (("train", 12), ("test", 4)):
            (tmp_path / "wide" / split / name).mkdir(parents=True)
            for n in range(count):
                picture = Image.new("RGB", (400, 200), (255, 0, n))
                picture.paste(middle, (100, 0, 300, 200))
                picture.save(tmp_path / "wide" / split / name / f"{n}.png")
    return tmp_path


def pixels(dataset: datasets.Dataset) -> torch.Tensor:
    mean, std = (torch.tensor(of).view(1, -1, 1, 1) for of in (dataset.mean, dataset.std))
    return dataset.test.images * std + mean


def test_a_large_square_gets_a_pictures_middle_and_a_small_one_the_whole_squeezed(folder: Path) -> None:
    large = datasets.load("wide", folder=folder, image_size=160)
    assert large.shape == (3, 160, 160)
    assert float(pixels(large)[:, 0, :, 4:-4].max()) < 0.05, "no red is left: its ends are cut off"
    assert large.notes == (
        "32 of 32 pictures are not square: the middle of each is taken, which keeps its shape.",
    )
    small = datasets.load("wide", folder=folder, image_size=32)
    assert float(pixels(small)[:, 0].max()) > 0.9
    assert "squeezed" in small.notes[0]


def test_notes_are_kept_with_the_pixels(folder: Path) -> None:
    first = datasets.load("wide", folder=folder, image_size=128)
    assert datasets.load("wide", folder=folder, image_size=128).notes == first.notes != ()


def test_a_student_learns_from_pictures_of_256_pixels(folder: Path) -> None:
    experiment = Experiment().with_flat(
        dataset="wide",
        image_size=256,
        teacher="mlp-10",
        student="mlp-10",
        epochs=1,
        teacher_epochs=1,
        count=None,
    )
    results, _ = run(experiment, folder)
    assert results["dataset"]["shape"] == [3, 256, 256]
    assert "middle of each" in results["dataset"]["notes"][0]
    with pytest.raises(InvalidExperiment, match="8 to 256"):
        experiment.with_flat(image_size=257)
