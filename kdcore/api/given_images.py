"""Images that a program hands over: a pair of tensors, or a torch Dataset, made a dataset that every process finds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from kdcore.data import catalogue, tensor_dataset
from kdcore.data.raw_images import Bytes, Numbers, RawImages
from kdcore.data.stratified import divided
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.experiment import NAME, OWN_PREFIX

Images: TypeAlias = "tuple[Tensor | NDArray[Any], Tensor | NDArray[Any] | Sequence[int]] | Dataset[Any]"
"""Images [n, channels, height, width] or [n, height, width] and class numbers [n], or a Dataset of such pairs one by one."""

WHITE = 255
TEST_SHARE = 5
"""One in so many images is kept for the test where no test images are given."""
LEAST = 20
"""Images that are split into training, validation and test images at least."""
SIDES = (1, 512)


def keep_images(
    images: Images,
    test: Images | None,
    *,
    name: str,
    classes: Sequence[str],
    data_folder: Path,
) -> str:
    """Keep images in the data folder; returns the dataset's name: the one given, or one made from what they are.

    Raises:
        DataUnavailable: they are no square images of one or three channels with their classes, or the name is another dataset's.
        OutOfResources: the folder cannot be written.
    """
    pixels, labels = as_arrays(images)
    if test is None:
        stay, held_out = _split(labels)
        train, tested = (pixels[stay], labels[stay]), (pixels[held_out], labels[held_out])
    else:
        train, tested = (pixels, labels), as_arrays(test)
        if tested[0].shape[1:] != pixels.shape[1:]:
            raise DataUnavailable(
                "The test images have another shape than the training images. Give both alike."
            )
    named = _class_names(classes, images, int(max(train[1].max(), tested[1].max())) + 1)
    raw = RawImages(*train, *tested, named)
    name = name or f"{OWN_PREFIX}{_digest(raw)}"
    root = data_folder / name
    _refuse_name(name, root, raw)
    try:
        tensor_dataset.write(root, raw, name)
    except OSError as error:
        raise OutOfResources(
            f"The images could not be kept in the data folder: {error.strerror}. Make room, or set STILLROOM_DATA.",
            where=root,
        ) from error
    return name


def as_arrays(images: Images) -> tuple[Bytes, Numbers]:
    """Bytes [n, channels, side, side] from 0 to 255, and class numbers [n].

    Raises:
        DataUnavailable: as `keep_images`.
    """
    if isinstance(images, tuple) and len(images) == 2:
        pixels, numbers = as_pixels(images[0]), np.asarray(torch.as_tensor(images[1]).cpu())
    elif isinstance(images, Dataset):
        pixels, numbers = _of_dataset(images)
    else:
        raise DataUnavailable("Give the images as a pair (images, class numbers), or as a torch Dataset.")
    channels, height, width = pixels.shape[1:]
    if numbers.shape != (len(pixels),):
        raise DataUnavailable(
            f"There are {len(pixels)} images and {numbers.size} class numbers. Give one for each."
        )
    if channels not in (1, 3) or height != width or not SIDES[0] <= width <= SIDES[1]:
        raise DataUnavailable(
            f"These images have {channels} channels and {height} x {width} pixels. Give square ones of 1 or 3 channels, "
            f"at most {SIDES[1]} pixels wide, channels first."
        )
    if not np.issubdtype(numbers.dtype, np.integer) or numbers.min(initial=0) < 0:
        raise DataUnavailable("Class numbers are whole numbers from 0. Number the classes that way.")
    return pixels, numbers.astype(np.int64)


def as_pixels(images: Any) -> Bytes:
    """Images as bytes [n, channels, height, width]; floats are taken from 0 (black) to 1 (white).

    Raises:
        DataUnavailable: numbers outside of that, or no images.
    """
    found = _images(images)
    if found.dtype == np.uint8:
        return np.ascontiguousarray(found)
    return np.ascontiguousarray(np.rint(found * WHITE).astype(np.uint8))


def as_floats(images: Any) -> Tensor:
    """Images in float32 [n, channels, height, width] from 0 (black) to 1 (white); bytes are divided.

    Raises:
        DataUnavailable: as `as_pixels`.
    """
    found = _images(images)
    scale = WHITE if found.dtype == np.uint8 else 1
    return torch.from_numpy(found.astype(np.float32) / np.float32(scale))


def _images(images: Any) -> NDArray[Any]:
    """Bytes, or floats from 0 to 1, [n, channels, height, width]."""
    found = np.asarray(images.detach().cpu() if isinstance(images, Tensor) else images)
    if found.ndim == 3:
        found = found[:, None]
    if found.ndim != 4 or not len(found):
        raise DataUnavailable(f"Images are [n, channels, height, width], not {[*found.shape]}.")
    if found.dtype == np.uint8:
        return found
    if not np.issubdtype(found.dtype, np.floating) or not (found.min() >= 0 and found.max() <= 1):
        raise DataUnavailable(
            "Images are bytes, or floats from 0 (black) to 1 (white). Hand them over as they were before they were normalised."
        )
    return found


def _of_dataset(images: Dataset[Any]) -> tuple[Bytes, NDArray[Any]]:
    if not isinstance(images, Sized):
        raise DataUnavailable("This Dataset does not say how many images it has. Give one with a length.")
    pairs = [images[place] for place in range(len(images))]
    try:
        pixels = np.concatenate([as_pixels(_one(image)[None]) for image, _ in pairs])
        return pixels, np.array([int(label) for _, label in pairs])
    except (TypeError, ValueError) as error:
        raise DataUnavailable(
            f"This Dataset does not give pairs of an image and a class number, all of one size ({error})."
        ) from error


def _one(image: Any) -> NDArray[Any]:
    """An image [channels, height, width]; what Pillow reads has its channels last."""
    if isinstance(image, Tensor):
        return np.asarray(image.detach().cpu())
    found = np.asarray(image)
    if hasattr(image, "getbands") and found.ndim == 3:
        return found.transpose(2, 0, 1)
    return found[None] if found.ndim == 2 else found


def _split(labels: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if len(labels) < LEAST:
        raise DataUnavailable(
            f"There are {len(labels)} images. Give {LEAST} at least, or test images of their own."
        )
    stay, held_out = divided(torch.from_numpy(labels), len(labels) // TEST_SHARE, 0)
    return stay.numpy(), held_out.numpy()


def _class_names(classes: Sequence[str], images: Images, count: int) -> tuple[str, ...]:
    names = tuple(map(str, classes or getattr(images, "classes", ()))) or tuple(map(str, range(count)))
    if len(names) < max(count, 2):
        raise DataUnavailable(
            f"There are {count} classes, and {len(names)} names for them. Two classes at least."
        )
    return names


def _digest(raw: RawImages) -> str:
    found = hashlib.sha256(json_of(raw.classes))
    for part in (raw.train_images, raw.train_labels, raw.test_images, raw.test_labels):
        found.update(part.tobytes())
    return found.hexdigest()[:10]


def json_of(classes: Sequence[str]) -> bytes:
    """The classes' names, so that no two lists of them are written alike."""
    return repr(tuple(classes)).encode()


def _refuse_name(name: str, root: Path, raw: RawImages) -> None:
    if not re.match(NAME, name) or name in catalogue.SOURCES or name in catalogue.WITHOUT_FILES:
        raise DataUnavailable(
            f"'{name}' cannot be the name of these images. Give another, of letters, digits, - and _."
        )
    if tensor_dataset.is_tensors(root):
        if _digest(tensor_dataset.read(root)) != _digest(raw):
            raise DataUnavailable(
                f"There are other images by the name '{name}'. Give these another name, or remove that folder.",
                where=root,
            )
    elif root.exists():
        raise DataUnavailable(
            f"There is a folder '{name}' in the data folder already. Give another name.", where=root
        )
