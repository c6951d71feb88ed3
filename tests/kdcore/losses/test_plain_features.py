"""What plain losses on features share, against the same in float64 by NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from kdcore.losses.plain_features import same_size

Numbers = NDArray[np.float64]


def reference_same_size(student: Tensor, teacher: Tensor) -> tuple[Numbers, Numbers]:
    """Whole blocks averaged: sides here are multiples of the smaller ones."""
    if student.dim() == 2 or teacher.dim() == 2:
        return _averaged(student.numpy()), _averaged(teacher.numpy())
    sides = [min(both) for both in zip(student.shape[2:], teacher.shape[2:], strict=True)]
    return _blocks(student.numpy(), *sides), _blocks(teacher.numpy(), *sides)


def _averaged(features: Numbers) -> Numbers:
    return features if features.ndim == 2 else features.mean(axis=(2, 3))


def _blocks(features: Numbers, height: int, width: int) -> Numbers:
    n, channels, rows, columns = features.shape
    blocks = features.reshape(n, channels, height, rows // height, width, columns // width)
    averaged: Numbers = blocks.mean(axis=(3, 5))
    return averaged


REFERENCES = {"same_size": reference_same_size}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("student", "teacher"),
    [
        ((5, 3, 4, 4), (5, 7, 8, 8)),
        ((5, 3, 8, 2), (5, 7, 4, 4)),
        ((5, 3, 4, 4), (5, 7)),
        ((5, 3), (5, 7, 4, 4)),
        ((5, 3), (5, 7)),
    ],
)
def test_maps_of_unlike_sizes_become_alike(student: tuple[int, ...], teacher: tuple[int, ...]) -> None:
    given = drawn(*student), drawn(*teacher, seed=1)
    found, expected = same_size(*given), reference_same_size(*given)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=0, atol=1e-12)
