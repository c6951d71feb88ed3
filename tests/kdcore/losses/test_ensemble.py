"""Combinations of teachers against loops in float64, and what must hold of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy, gmean
from torch import Tensor

from kdcore.losses import ensemble
from kdcore.losses.response import soft_target_divergence

T = 2.5


def mean_reference(teachers: np.ndarray) -> np.ndarray:
    return np.asarray(sum(softmax(v) for v in teachers) / len(teachers))


def vote_reference(teachers: np.ndarray) -> np.ndarray:
    shares = np.zeros(teachers.shape[1])
    for v in teachers:
        shares[sorted(range(len(v)), key=lambda c: -v[c])[0]] += 1 / len(teachers)
    return shares


def product_reference(teachers: np.ndarray) -> np.ndarray:
    """M-th power of the geometric mean."""
    raised = gmean([softmax(v) for v in teachers]) ** len(teachers)
    return np.asarray(raised / raised.sum())


def precisions_reference(teachers: np.ndarray) -> np.ndarray:
    """The variance as the sum over classes of p (1 - p)."""
    inverse = [
        1 / max(1e-2, math.fsum(p * (1 - p) for p in answer)) for answer in (softmax(v) for v in teachers)
    ]
    return np.array(inverse) / math.fsum(inverse)


def weights_of(teachers: np.ndarray) -> np.ndarray:
    ranks = np.arange(1.0, len(teachers) + 1)
    return np.asarray(ranks / ranks.sum())


def mixture_reference(teachers: np.ndarray) -> np.ndarray:
    return np.array(
        [
            math.fsum(w * softmax(v)[c] for w, v in zip(weights_of(teachers), teachers, strict=True))
            for c in range(teachers.shape[1])
        ]
    )


COMBINATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean_probability": mean_reference,
    "vote": vote_reference,
    "product": product_reference,
    "precisions": precisions_reference,
    "mixture": mixture_reference,
}
"""What the teachers' logits on one image, [M, C], combine to."""


def divergence_reference(z: np.ndarray, p: np.ndarray, t: float) -> float:
    return float(np.mean([entropy(pi, softmax(zi / t)) for zi, pi in zip(z, p, strict=True)]))


def weighted_reference(z: np.ndarray, v: np.ndarray, weights: np.ndarray, t: float) -> float:
    each = [entropy(softmax(vi / t), softmax(zi / t)) for zi, vi in zip(z, v, strict=True)]
    return float(np.average(each, weights=weights))


REFERENCES: dict[str, Callable[..., object]] = {
    **COMBINATIONS,
    "divergence_from": divergence_reference,
    "weighted_divergence": weighted_reference,
}


def logits(*size: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(size))
    return 3 * torch.randn(*size, generator=generator, dtype=torch.float64)


def combined(name: str, log_p: Tensor) -> Tensor:
    if name == "mixture":
        weights = torch.from_numpy(weights_of(log_p.numpy()))
        return ensemble.mixture(log_p, weights.reshape(-1, *[1] * (log_p.dim() - 2)).expand(log_p.shape[:-1]))
    function: Callable[[Tensor], Tensor] = getattr(ensemble, name)
    return function(log_p)


@pytest.mark.parametrize("size", [(1, 1, 1, 2), (2, 1, 4, 3), (5, 3, 2, 10)], ids=str)
@pytest.mark.parametrize("name", COMBINATIONS)
def test_combinations_equal_their_references(name: str, size: tuple[int, int, int, int]) -> None:
    said = logits(*size)
    found = combined(name, said.log_softmax(dim=-1))
    for k in range(size[1]):
        for n in range(size[2]):
            wanted = COMBINATIONS[name](said[:, k, n].numpy())
            one = found[:, k, n] if name == "precisions" else found[k, n]
            np.testing.assert_allclose(one.numpy(), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1, 2), (1, 5, 10), (3, 4, 3)], ids=str)
def test_divergences_equal_their_references(size: tuple[int, int, int]) -> None:
    student, teacher = logits(*size), logits(*size[1:])
    target = (teacher / T).softmax(dim=-1)
    weights = torch.arange(1.0, size[1] + 1, dtype=torch.float64)
    t = torch.full((size[0],), T, dtype=torch.float64)
    found = ensemble.divergence_from(student, target, t)
    weighted = ensemble.weighted_divergence(student, teacher, weights, t)
    for k, z in enumerate(student.numpy()):
        assert found[k].item() == pytest.approx(divergence_reference(z, target.numpy(), T))
        assert weighted[k].item() == pytest.approx(weighted_reference(z, teacher.numpy(), weights.numpy(), T))


def test_members_have_each_their_own_temperature() -> None:
    student, target = logits(2, 4, 5), logits(4, 5).softmax(dim=-1)
    together = ensemble.divergence_from(student, target, torch.tensor([1.0, 8.0]))
    alone = [ensemble.divergence_from(z, target, t) for z, t in zip(student, (1.0, 8.0), strict=True)]
    torch.testing.assert_close(together, torch.stack(alone))


@pytest.mark.parametrize("name", ["mean_probability", "product", "mixture", "vote"])
def test_combinations_are_distributions_whatever_the_teachers_order(name: str) -> None:
    log_p = logits(4, 1, 6, 5).log_softmax(dim=-1)
    found = combined(name, log_p)
    torch.testing.assert_close(found.sum(dim=-1), torch.ones(1, 6, dtype=torch.float64))
    if name != "mixture":
        torch.testing.assert_close(found, combined(name, log_p.flip(0)))


@pytest.mark.parametrize("name", ["mean_probability", "product", "mixture"])
def test_one_teacher_combines_to_itself(name: str) -> None:
    log_p = logits(1, 1, 6, 5).log_softmax(dim=-1)
    torch.testing.assert_close(combined(name, log_p), log_p[0].exp())


def test_agreement_makes_the_product_surer_and_leaves_the_mean() -> None:
    same = logits(1, 3, 4).log_softmax(dim=-1).expand(3, 3, 4)
    torch.testing.assert_close(ensemble.mean_probability(same), same[0].exp())
    assert (ensemble.product(same).max(dim=-1).values > same[0].exp().max(dim=-1).values).all()


def test_the_surer_teacher_counts_more() -> None:
    log_p = torch.stack([torch.zeros(1, 3), torch.tensor([[2.0, 0.0, 0.0]])]).log_softmax(dim=-1)
    assert (ensemble.precisions(log_p)[1] > ensemble.precisions(log_p)[0]).all()


def test_equal_weights_and_softened_logits_are_the_divergence_from_soft_targets() -> None:
    student, teacher = logits(2, 6, 4), logits(6, 4)
    wanted = soft_target_divergence(student, teacher, T)
    torch.testing.assert_close(
        ensemble.weighted_divergence(student, teacher, torch.ones(6, dtype=torch.float64), T), wanted
    )
    torch.testing.assert_close(ensemble.divergence_from(student, (teacher / T).softmax(dim=-1), T), wanted)
    torch.testing.assert_close(
        ensemble.weighted_divergence(student, teacher, torch.zeros(6), T), torch.zeros_like(wanted)
    )


def test_gradients_reach_the_student_and_never_the_teachers() -> None:
    student, teacher = logits(1, 4, 3).requires_grad_(), logits(4, 3).requires_grad_()
    weights = torch.ones(4, dtype=torch.float64, requires_grad=True)
    loss = ensemble.divergence_from(student, teacher.softmax(dim=-1), T)
    loss = loss + ensemble.weighted_divergence(student, teacher, weights, T)
    loss.sum().backward()
    assert teacher.grad is None
    assert weights.grad is None
    assert student.grad is not None
    assert student.grad.abs().sum() > 0


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize("classes", [2, 10])
def test_huge_logits_of_one_image_stay_finite(name: str, classes: int) -> None:
    teachers = torch.stack([1e4 * torch.eye(1, classes), 1e4 * torch.eye(1, classes).flip(1)])[:, None]
    student = (1e4 * torch.eye(1, classes))[None].requires_grad_()
    found = combined(name, teachers.log_softmax(dim=-1))
    assert found.isfinite().all()
    if name != "precisions":
        loss = ensemble.divergence_from(student, found, T)
        loss = loss + ensemble.weighted_divergence(student, teachers[1], torch.ones(1), T)
        assert loss.isfinite().all()
        assert torch.autograd.grad(loss.sum(), student)[0].isfinite().all()
