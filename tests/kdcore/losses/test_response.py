"""The response losses against an independent reference in float64, and what must hold of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdcore.losses.response import (
    label_cross_entropy,
    log_probabilities,
    soft_target_divergence,
    soft_targets,
    squared,
)
from kdcore.plan import Labels

N, C = 16, 10


def softmax(z: np.ndarray, t: float = 1.0) -> np.ndarray:
    scaled = (z - z.max(axis=-1, keepdims=True)) / t
    e = np.exp(scaled)
    return e / e.sum(axis=-1, keepdims=True)


def reference_divergence(student: np.ndarray, teacher: np.ndarray, t: float) -> float:
    """KL written from its definition, example by example and class by class."""
    total = 0.0
    for z, v in zip(student, teacher, strict=True):
        p, q = softmax(v, t), softmax(z, t)
        total += sum(pi * (np.log(pi) - np.log(qi)) for pi, qi in zip(p, q, strict=True) if pi > 0)
    return total / len(student)


def reference_cross_entropy(logits: np.ndarray, target: np.ndarray) -> float:
    return float(-(target * np.log(softmax(logits))).sum(axis=1).mean())


REFERENCES = {
    "soft_targets": softmax,
    "log_probabilities": lambda logits: np.log(softmax(logits)),
    "soft_target_divergence": reference_divergence,
    "label_cross_entropy": reference_cross_entropy,
    "squared": lambda t: t * t,
}


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    student = 3 * torch.randn(N, C, generator=generator, dtype=torch.float64)
    teacher = 3 * torch.randn(N, C, generator=generator, dtype=torch.float64)
    return student, teacher


@pytest.mark.parametrize("t", [0.25, 1.0, 4.0, 20.0, 100.0])
def test_divergence_equals_the_reference(logits: tuple[torch.Tensor, torch.Tensor], t: float) -> None:
    student, teacher = logits
    expected = reference_divergence(student.numpy(), teacher.numpy(), t)
    assert soft_target_divergence(student, teacher, t).item() == pytest.approx(expected, rel=1e-10)
    single = soft_target_divergence(student.float(), teacher.float(), t).item()
    assert single == pytest.approx(expected, rel=2e-3)


def test_divergence_is_a_mean_over_images_not_over_classes(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, teacher = logits
    once = soft_target_divergence(student, teacher, 4.0)
    twice = soft_target_divergence(student.repeat(2, 1), teacher.repeat(2, 1), 4.0)
    torch.testing.assert_close(once, twice)
    each = torch.stack(
        [soft_target_divergence(z[None], v[None], 4.0) for z, v in zip(student, teacher, strict=True)]
    )
    torch.testing.assert_close(once, each.mean())


def test_members_are_reduced_apart_each_at_its_own_temperature(
    logits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    student, teacher = logits
    together = soft_target_divergence(
        torch.stack([student, student + 1e-3 * teacher]), teacher, torch.tensor([2.0, 8.0])
    )
    alone = [
        soft_target_divergence(student, teacher, 2.0),
        soft_target_divergence(student + 1e-3 * teacher, teacher, 8.0),
    ]
    torch.testing.assert_close(together, torch.stack(alone), rtol=1e-6, atol=1e-9)


def test_a_student_equal_to_its_teacher_has_no_divergence(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, _ = logits
    assert soft_target_divergence(student, student, 4.0).item() == pytest.approx(0.0, abs=1e-12)


def test_the_gradient_is_that_of_soft_cross_entropy(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, teacher = logits
    z = student.clone().requires_grad_()
    soft_target_divergence(z, teacher, 4.0).backward()
    expected = (softmax(student.numpy(), 4.0) - softmax(teacher.numpy(), 4.0)) / 4.0 / N
    np.testing.assert_allclose(z.grad.numpy(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_scaled_by_t_squared_the_gradient_tends_to_logit_matching(classes: int) -> None:
    """Hinton et al. 2015, equation 4: (z - v) / N per example for N classes, both mean-centred, when T is high."""
    generator = torch.Generator().manual_seed(0)
    z = (3 * torch.randn(N, classes, generator=generator, dtype=torch.float64)).requires_grad_()
    v = 3 * torch.randn(N, classes, generator=generator, dtype=torch.float64)
    (squared(100.0) * soft_target_divergence(z, v, 100.0) * N).backward()
    difference = z.detach() - v
    expected = (difference - difference.mean(dim=1, keepdim=True)) / classes
    assert ((z.grad - expected).norm() / expected.norm()).item() < 0.05


def test_the_teacher_receives_no_gradient(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, teacher = logits[0].clone().requires_grad_(), logits[1].clone().requires_grad_()
    soft_target_divergence(student, teacher, 4.0).backward()
    assert teacher.grad is None
    assert student.grad is not None


@pytest.mark.parametrize("classes", [2, 100])
@pytest.mark.parametrize("t", [0.25, 1.0, 100.0])
def test_huge_logits_and_single_images_stay_finite(t: float, classes: int) -> None:
    z = (torch.eye(1, classes) * 1e4 - 5e3).requires_grad_()
    v = torch.eye(1, classes).flip(1) * 1e4
    loss = soft_target_divergence(z, v, t)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(z.grad).all()


def test_soft_targets_sum_to_one_and_flatten_with_temperature(
    logits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    _, teacher = logits
    cold, warm = soft_targets(teacher, 1.0), soft_targets(teacher, 20.0)
    torch.testing.assert_close(warm.sum(dim=1), torch.ones(N, dtype=torch.float64))
    np.testing.assert_allclose(cold.numpy(), softmax(teacher.numpy()), rtol=1e-10)
    found = log_probabilities(teacher.expand(2, N, C)).numpy()
    np.testing.assert_allclose(found[1], REFERENCES["log_probabilities"](teacher.numpy()), rtol=1e-10)
    assert (warm.max(dim=1).values < cold.max(dim=1).values).all()


def one_hot(index: torch.Tensor) -> np.ndarray:
    return np.eye(C)[index.numpy()]


def test_label_cross_entropy_with_smoothing_and_mixup(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, _ = logits
    index, other = torch.arange(N) % C, (torch.arange(N) * 3) % C
    z = student.numpy()
    assert label_cross_entropy(student, Labels(index)).item() == pytest.approx(
        reference_cross_entropy(z, one_hot(index))
    )
    smoothed = 0.9 * one_hot(index) + 0.1 / C
    assert label_cross_entropy(student, Labels(index), 0.1).item() == pytest.approx(
        reference_cross_entropy(z, smoothed)
    )
    mixed = 0.3 * one_hot(index) + 0.7 * one_hot(other)
    found = label_cross_entropy(student, Labels(index, other=other, share=0.3)).item()
    assert found == pytest.approx(reference_cross_entropy(z, mixed))


def test_with_a_margin_the_labels_logit_has_to_lead(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, _ = logits
    index, other = torch.arange(N) % C, (torch.arange(N) * 3) % C
    lowered = [student.numpy() - 2.5 * one_hot(label) for label in (index, other)]
    first, second = (
        reference_cross_entropy(z, one_hot(label)) for z, label in zip(lowered, (index, other), strict=True)
    )
    assert label_cross_entropy(student, Labels(index, margin=2.5)).item() == pytest.approx(first)
    mixed = Labels(index, other=other, share=0.3, margin=2.5)
    assert label_cross_entropy(student, mixed).item() == pytest.approx(0.3 * first + 0.7 * second)


def test_hidden_labels_do_not_count(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, _ = logits
    index, known = torch.arange(N) % C, torch.arange(N) < 5
    found = label_cross_entropy(student, Labels(index, known)).item()
    assert found == pytest.approx(reference_cross_entropy(student.numpy()[:5], one_hot(index[:5])))
    assert label_cross_entropy(student, Labels(index, torch.zeros(N, dtype=torch.bool))).item() == 0.0


def test_label_smoothing_is_a_uniform_teacher_at_temperature_one(
    logits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    """(1-e) CE + e CE(uniform, z), the virtual teacher of Yuan et al. 2020; equal up to the uniform entropy."""
    student, _ = logits
    z = [student.clone().requires_grad_() for _ in range(2)]
    index = torch.arange(N) % C
    label_cross_entropy(z[0], Labels(index), 0.2).backward()
    virtual = soft_target_divergence(z[1], torch.zeros(N, C, dtype=torch.float64), 1.0)
    (0.8 * label_cross_entropy(z[1], Labels(index)) + 0.2 * virtual).backward()
    torch.testing.assert_close(z[0].grad, z[1].grad)
