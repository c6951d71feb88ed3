"""CIFAR-10 (JPEG) in the data folder, made from CIFAR-10, which is downloaded where it is missing: `python -m scripts.cifar10_jpeg`.

Class folders of JPEGs at Pillow's default quality, numbered class by class in the order in which they were published: the
images of the bundled teachers and of every figure of that name.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PIL import Image

from kdcore.data import downloads
from kdcore.data.catalogue import SOURCES, data_folder
from kdcore.data.raw_images import Bytes, Numbers

NAME = "cifar10-jpeg"
QUALITY = 75


def main() -> None:
    """Write the dataset, and say where."""
    folder = data_folder()
    pixels = downloads.read(SOURCES["cifar10"], folder)
    write(pixels.train_images, pixels.train_labels, pixels.classes, folder / NAME / "train")
    write(pixels.test_images, pixels.test_labels, pixels.classes, folder / NAME / "test")
    print(folder / NAME)


def write(images: Bytes, labels: Numbers, classes: tuple[str, ...], folder: Path) -> None:
    """Images [n, 3, h, w] as files below a folder for each class."""
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
    written: Counter[str] = Counter()
    for image, label in zip(images, labels, strict=True):
        name = classes[int(label)]
        path = folder / name / f"{written[name]:04}.jpg"
        Image.fromarray(image.transpose(1, 2, 0)).save(path, quality=QUALITY)
        written[name] += 1


if __name__ == "__main__":
    main()
