"""The generator's losses against sums written out in float64, and what must hold of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy
from torch import Tensor

from kdcore.losses.data_free import disagreement, doubt, unevenness

Array = np.ndarray[Any, np.dtype[np.float64]]


def reference_doubt(teacher: Array) -> Array:
    return np.array([np.mean([-math.log(max(softmax(row))) for row in member]) for member in teacher])


def reference_unevenness(teacher: Array) -> Array:
    """The divergence of the mean answer from the uniform one, by scipy."""
    means = [np.mean([softmax(row) for row in member], axis=0) for member in teacher]
    return np.array([entropy(mean, np.full(len(mean), 1 / len(mean))) for mean in means])


def reference_disagreement(student: Array, teacher: Array) -> Array:
    said = []
    for own, other in zip(student, teacher, strict=True):
        gaps = [abs((s - np.mean(s)) - (t - np.mean(t))) for s, t in zip(own, other, strict=True)]
        said.append(np.mean(gaps))
    return np.array(said)


REFERENCES = {
    "doubt": reference_doubt,
    "unevenness": reference_unevenness,
    "disagreement": reference_disagreement,
}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("images", [1, 6])
@pytest.mark.parametrize("classes", [2, 10])
def test_losses_equal_their_references(members: int, images: int, classes: int) -> None:
    student, teacher = drawn(members, images, classes), drawn(members, images, classes, seed=1)
    for loss, reference in ((doubt, reference_doubt), (unevenness, reference_unevenness)):
        assert loss(teacher).shape == (members,)
        assert loss(teacher).numpy() == pytest.approx(reference(teacher.numpy()))
    wanted = reference_disagreement(student.numpy(), teacher.numpy())
    assert disagreement(student, teacher).numpy() == pytest.approx(wanted)


def test_a_batch_of_every_class_is_even_and_one_of_a_single_class_is_not() -> None:
    sure = 100 * torch.eye(5)[None]
    assert unevenness(sure).item() == pytest.approx(0, abs=1e-6)
    assert unevenness(sure[:, :1]).item() == pytest.approx(math.log(5))
    assert doubt(sure).item() == pytest.approx(0, abs=1e-6)
    assert doubt(torch.zeros(1, 3, 5)).item() == pytest.approx(math.log(5))


def test_a_constant_on_all_logits_is_no_disagreement() -> None:
    student = drawn(2, 3, 4)
    assert disagreement(student, student + 7).numpy() == pytest.approx(0)


@pytest.mark.parametrize("size", [1.0, 1e4])
@pytest.mark.parametrize("classes", [2, 10])
def test_the_gradient_reaches_the_images_through_the_teacher_and_stays_finite(
    size: float, classes: int
) -> None:
    student, teacher = drawn(1, 1, classes).float(), (size * drawn(1, 1, classes, seed=1)).float()
    teacher.requires_grad_()
    for loss in (doubt(teacher), unevenness(teacher), disagreement(student, teacher)):
        (gradient,) = torch.autograd.grad(loss.sum(), teacher)
        assert loss.isfinite().all()
        assert gradient.isfinite().all()
    (gradient,) = torch.autograd.grad(disagreement(student, teacher).sum(), teacher)
    assert gradient.abs().sum() > 0
