"""The losses on relations against references in float64 written pair by pair, and what must hold of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, cosine, pdist
from scipy.stats import ortho_group
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize
from torch import Tensor

from kdcore.losses import relation

Array = np.ndarray[Any, np.dtype[np.float64]]

# ---- the references: rows [N, D] -> a matrix, and one number of two such matrices -------------------------------------


def distances(rows: Array) -> Array:
    return cdist(rows, rows) / (pdist(rows).mean() if len(rows) > 1 else 1)


def angles(rows: Array) -> Array:
    found = np.zeros((len(rows),) * 3)
    for i, j, k in product(range(len(rows)), repeat=3):
        if i not in (j, k):
            found[i, j, k] = 1 - cosine(rows[j] - rows[i], rows[k] - rows[i])
    return found


def similarities(rows: Array) -> Array:
    return normalize([[np.dot(one, other) for other in rows] for one in rows])


def correlations(rows: Array, gamma: float = 0.4, order: int = 2) -> Array:
    terms = [(2 * gamma * cosine_similarity(rows)) ** p / math.factorial(p) for p in range(order + 1)]
    return np.exp(-2 * gamma) * np.sum(terms, axis=0)


def huber(difference: Array) -> float:
    return float(np.mean([d * d / 2 if abs(d) < 1 else abs(d) - 0.5 for d in difference.ravel()]))


def squares(difference: Array) -> float:
    return math.fsum(difference.ravel() ** 2) / difference.size


MATRICES: dict[str, Callable[[Array], Array]] = {
    "distances": distances,
    "angles": angles,
    "similarities": similarities,
    "correlations": correlations,
}
LOSSES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], float]]] = {
    "distance_relation": (distances, huber),
    "angle_relation": (angles, huber),
    "similarity_difference": (similarities, squares),
    "correlation_difference": (correlations, squares),
}
REFERENCES = MATRICES | LOSSES


def features(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss(name: str, student: Tensor, teacher: Tensor) -> Tensor:
    return getattr(relation, name)(student, teacher)


# ---- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("images", "width"), [(7, 5), (4, 30), (2, 3), (1, 4)])
@pytest.mark.parametrize("name", MATRICES)
def test_each_matrix_is_its_reference(name: str, images: int, width: int) -> None:
    rows = features(2, images, width) + 3
    found = getattr(relation, name)(rows)
    expected = [MATRICES[name](one.numpy()) for one in rows]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(getattr(relation, name)(rows.float()).numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [((1, 8, 5), (8, 5)), ((3, 6, 4), (6, 9)), ((2, 4, 3, 2, 2), (4, 2, 5, 3)), ((2, 2, 7), (2, 3, 4, 4)), ((2, 1, 3), (1, 4))],
)  # fmt: skip
@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_compares_the_matrices_of_any_widths_and_sizes(
    name: str, ours: tuple[int, ...], theirs: tuple[int, ...]
) -> None:
    student, teacher = features(*ours), 4 * features(*theirs, seed=1) - 1
    matrix, size = LOSSES[name]
    goal = matrix(teacher.flatten(1).numpy())
    expected = [size(matrix(member.flatten(1).numpy()) - goal) for member in student]
    np.testing.assert_allclose(loss(name, student, teacher).numpy(), expected, rtol=1e-8, atol=1e-12)
    single = loss(name, student.float(), teacher.float()).numpy()
    np.testing.assert_allclose(single, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("gamma", "order"), [(0.4, 2), (1.5, 1), (0.2, 5)])
def test_the_kernel_of_the_correlations_can_be_chosen(gamma: float, order: int) -> None:
    student, teacher = features(1, 6, 4), features(6, 9, seed=1)
    expected = squares(
        correlations(student[0].numpy(), gamma, order) - correlations(teacher.numpy(), gamma, order)
    )
    assert relation.correlation_difference(student, teacher, gamma, order).item() == pytest.approx(expected)


# ---- what must hold -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_only_the_student_receives_a_gradient(name: str) -> None:
    student, teacher = features(2, 6, 4).requires_grad_(), features(6, 9, seed=1).requires_grad_()
    loss(name, student, teacher).sum().backward()
    assert teacher.grad is None
    assert student.grad is not None
    assert (student.grad.abs().amax(dim=-1) > 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_that_of_the_value(name: str) -> None:
    teacher = features(5, 3, seed=1)
    student = features(2, 5, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda rows: loss(name, rows, teacher), student)


@pytest.mark.parametrize("name", LOSSES)
def test_a_student_whose_relations_are_the_teachers_has_no_loss(name: str) -> None:
    """Turning keeps them all, and so does scaling; so no adapter is needed. Distances and angles may be moved as well."""
    teacher = features(6, 4)
    turned = 50 * teacher @ torch.from_numpy(ortho_group.rvs(4, random_state=0))
    moved = turned + 7 if name in ("distance_relation", "angle_relation") else turned
    assert loss(name, moved[None], teacher).item() < 1e-20
    assert loss(name, features(1, 6, 4, seed=2), teacher).item() > 1e-4


@pytest.mark.parametrize("name", ["distances", "angles"])
def test_what_is_far_from_zero_is_still_told_apart(name: str) -> None:
    rows = (features(1, 6, 4) + 1000).float()
    expected = MATRICES[name](rows[0].double().numpy())
    np.testing.assert_allclose(getattr(relation, name)(rows)[0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_the_order_of_the_batch_does_not_matter(name: str) -> None:
    student, teacher, order = features(1, 6, 4), features(6, 9, seed=1), torch.randperm(6)
    torch.testing.assert_close(loss(name, student[:, order], teacher[order]), loss(name, student, teacher))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("images", [1, 2, 8])
@pytest.mark.parametrize("size", [1e-4, 1e4])
def test_huge_and_tiny_features_stay_finite(name: str, images: int, size: float) -> None:
    student = (size * features(2, images, 300)).float().requires_grad_()
    value = loss(name, student, (size * features(images, 64, seed=1)).float())
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()
    mild = loss(name, features(2, images, 300), features(images, 64, seed=1))
    np.testing.assert_allclose(value.detach().numpy(), mild.numpy(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("same", ["two", "all", "zero", "nearly"])
def test_images_that_coincide_have_a_bounded_gradient(name: str, same: str) -> None:
    rows = features(1, 6, 4).float()
    if same in ("two", "nearly"):
        rows[:, 1] = rows[:, 0] + (1e-7 if same == "nearly" else 0)
    if same == "all":
        rows[:] = rows[:, :1]
    if same == "zero":
        rows[:, 0] = 0
    rows.requires_grad_()
    value = loss(name, rows, features(6, 9, seed=1).float())
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert rows.grad is not None
    assert rows.grad.abs().max() < 1e4


def test_halves_are_compared_in_single_precision() -> None:
    student, teacher = features(1, 8, 16).bfloat16(), features(8, 16, seed=1).bfloat16()
    for name in LOSSES:
        assert loss(name, student, teacher).dtype == torch.float32
        torch.testing.assert_close(loss(name, student, teacher), loss(name, student.float(), teacher.float()))


def test_angles_never_hold_a_direction_of_every_pair() -> None:
    """64 images of 30,000 numbers: their pairs' directions would be 64 times the features."""
    biggest = 0

    def note(tensor: Tensor) -> Tensor:
        nonlocal biggest
        biggest = max(biggest, tensor.untyped_storage().nbytes())
        return tensor

    rows = torch.randn(1, 64, 30_000, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(note, note):
        relation.angle_relation(rows, torch.randn(64, 8)).sum().backward()
    assert 0 < biggest <= 64 * 30_000 * 4
