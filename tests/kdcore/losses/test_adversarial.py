"""The discriminator's and the student's loss against cross-entropies written out in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from kdcore.losses.adversarial import pass_for_teacher, tell_apart


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > -30 else x - math.log1p(math.exp(x))


def reference_tell_apart(teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    rows = []
    for of_teacher, of_student in zip(teacher, student, strict=True):
        as_teacher = [-log_sigmoid(x) for x in of_teacher]
        as_student = [-log_sigmoid(-x) for x in of_student]
        rows.append((np.mean(as_teacher) + np.mean(as_student)) / 2)
    return np.array(rows)


def reference_pass_for_teacher(student: np.ndarray) -> np.ndarray:
    return np.array([np.mean([-log_sigmoid(x) for x in row]) for row in student])


REFERENCES = {"tell_apart": reference_tell_apart, "pass_for_teacher": reference_pass_for_teacher}


@pytest.fixture(params=[(1, 1), (2, 5)], ids=str)
def judged(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(*request.param, dtype=torch.float64) * 3, torch.randn(
        *request.param, dtype=torch.float64
    )


def test_losses_equal_their_references(judged: tuple[Tensor, Tensor]) -> None:
    teacher, student = judged
    found = tell_apart(teacher, student), pass_for_teacher(student)
    wanted = (
        reference_tell_apart(teacher.numpy(), student.numpy()),
        reference_pass_for_teacher(student.numpy()),
    )
    for loss, reference in zip(found, wanted, strict=True):
        assert loss.numpy() == pytest.approx(reference, rel=1e-12)


def test_who_cannot_tell_loses_log_two() -> None:
    nothing = torch.zeros(1, 4)
    assert tell_apart(nothing, nothing).item() == pytest.approx(math.log(2))


def test_the_student_is_pulled_towards_the_teachers_side_and_the_judge_away() -> None:
    student = torch.zeros(1, 3, requires_grad=True)
    assert (torch.autograd.grad(pass_for_teacher(student).sum(), student)[0] < 0).all()
    assert (torch.autograd.grad(tell_apart(torch.zeros(1, 3), student).sum(), student)[0] > 0).all()


def test_huge_verdicts_stay_finite() -> None:
    huge = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = tell_apart(huge, huge) + pass_for_teacher(huge)
    assert loss.isfinite().all()
    assert torch.autograd.grad(loss.sum(), huge)[0].isfinite().all()
