"""CIFAR-10 (JPEG), made from CIFAR-10."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kdcore.data import datasets, downloads
from kdcore.data.raw_images import RawImages
from scripts import cifar10_jpeg

CLASSES = ("frog", "truck")


def test_it_is_a_dataset_of_class_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.arange(30) % 3 % 2  # 0, 1, 0, 0, 1, 0 ...
    shades = np.where(numbers == 0, 40, 200).astype(np.uint8)
    images = np.broadcast_to(shades[:, None, None, None], (30, 3, 32, 32)).copy()
    pixels = RawImages(images, numbers, images[:6], numbers[:6], CLASSES)
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    monkeypatch.setattr(downloads, "read", lambda source, folder: pixels)
    cifar10_jpeg.main()
    train = tmp_path / "cifar10-jpeg" / "train"
    assert [path.name for path in sorted((train / "truck").iterdir())] == [f"{i:04}.jpg" for i in range(10)]
    with Image.open(train / "frog" / "0019.jpg") as picture:
        assert picture.quantization[0][:4] == [8, 6, 5, 8], "as the images of the bundled teachers"
    dataset = datasets.load("cifar10-jpeg", folder=tmp_path)
    assert dataset.title == "CIFAR-10 (JPEG)"
    assert dataset.classes == CLASSES
    assert dataset.shape == (3, 32, 32)
    assert dataset.test.labels.tolist() == [0] * 4 + [1] * 2
    light = dataset.test.images.mean(dim=(1, 2, 3))
    assert light[:4].max() < light[4:].min(), "each picture has its label"
