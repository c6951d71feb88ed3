"""The loss on input gradients against angles written out in float64, and what must hold of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kdcore.losses.gradient import directions, input_gradients

Array = np.ndarray[Any, np.dtype[np.float64]]


def reference_directions(gradients: Array) -> Array:
    rows = gradients.reshape(-1, math.prod(gradients.shape[-3:]))
    found = [[x / math.hypot(*row) for x in row] for row in rows]
    return np.array(found).reshape(*gradients.shape[:-3], -1)


def reference_input_gradients(student: Array, teacher: Array) -> Array:
    """Twice one minus the cosine: the law of cosines on two sides of length 1."""
    said = []
    for member in student:
        cosines = [
            math.fsum((s * t).ravel()) / math.hypot(*s.ravel()) / math.hypot(*t.ravel())
            for s, t in zip(member, teacher, strict=True)
        ]
        said.append(2 - 2 * math.fsum(cosines) / len(cosines))
    return np.array(said)


REFERENCES = {"directions": reference_directions, "input_gradients": reference_input_gradients}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("images", [1, 5])
@pytest.mark.parametrize("pixels", [(1, 8, 8), (3, 5, 4)])
def test_losses_equal_their_references(members: int, images: int, pixels: tuple[int, ...]) -> None:
    student, teacher = drawn(members, images, *pixels), drawn(images, *pixels, seed=1)
    found = input_gradients(student, teacher)
    assert found.shape == (members,)
    assert found.numpy() == pytest.approx(reference_input_gradients(student.numpy(), teacher.numpy()))
    assert directions(student).numpy() == pytest.approx(reference_directions(student.numpy()))


def test_only_the_direction_counts() -> None:
    student, teacher = drawn(1, 4, 1, 6, 6), drawn(4, 1, 6, 6, seed=1)
    lengths = torch.tensor([0.01, 1.0, 50.0, 1e4], dtype=torch.float64)[:, None, None, None]
    torch.testing.assert_close(input_gradients(lengths * student, teacher), input_gradients(student, teacher))
    assert input_gradients(teacher[None], 3 * teacher).item() == pytest.approx(0, abs=1e-12)
    assert input_gradients(-teacher[None], teacher).item() == pytest.approx(4)


def test_the_teacher_receives_no_gradient_and_the_student_turns_towards_it() -> None:
    student, teacher = drawn(2, 3, 1, 4, 4).requires_grad_(), drawn(3, 1, 4, 4, seed=1).requires_grad_()
    input_gradients(student, teacher).sum().backward()
    assert teacher.grad is None
    assert student.grad is not None
    closer = input_gradients((student - 0.1 * student.grad).detach(), teacher)
    assert (closer < input_gradients(student, teacher)).all()


@pytest.mark.parametrize("size", [0.0, 1e-20, 1e4, 1e30])
def test_gradients_of_any_size_stay_finite(size: float) -> None:
    student = (size * drawn(1, 2, 1, 4, 4)).float().requires_grad_()
    loss = input_gradients(student, drawn(2, 1, 4, 4, seed=1).float())
    (gradient,) = torch.autograd.grad(loss.sum(), student)
    assert loss.isfinite().all()
    assert gradient.isfinite().all()
