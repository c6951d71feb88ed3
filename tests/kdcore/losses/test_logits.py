"""The losses on logits against references in float64 written image by image, and what must hold of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import zscore
from sklearn.metrics import mean_absolute_error, mean_squared_error
from torch import Tensor

from kdcore.losses import logits as losses
from kdcore.losses.response import label_cross_entropy, soft_target_divergence
from kdcore.plan import Labels

T = 2.5
CORRECT = 0.9


def relative_entropy(log_p: np.ndarray, log_q: np.ndarray) -> float:
    return math.fsum(np.exp(lp) * (lp - lq) for lp, lq in zip(log_p, log_q, strict=True))


def target_reference(z: np.ndarray, v: np.ndarray, target: int) -> float:
    """Both distributions cut down to the target and the rest."""
    p, q = np.exp(log_softmax(v / T)), np.exp(log_softmax(z / T))
    p, q = [np.array([d[target], np.delete(d, target).sum()]) for d in (p, q)]
    return relative_entropy(np.log(p), np.log(q))


def non_target_reference(z: np.ndarray, v: np.ndarray, target: int) -> float:
    """Both distributions without the target: the class is taken away before the softmax."""
    return relative_entropy(log_softmax(np.delete(v, target) / T), log_softmax(np.delete(z, target) / T))


def standardised_reference(z: np.ndarray, v: np.ndarray, target: int) -> float:
    return relative_entropy(log_softmax(zscore(v, ddof=1) / T), log_softmax(zscore(z, ddof=1) / T))


def virtual_reference(z: np.ndarray, v: np.ndarray, target: int) -> float:
    softened = np.array([CORRECT if c == target else (1 - CORRECT) / (len(z) - 1) for c in range(len(z))])
    softened **= 1 / T
    return relative_entropy(np.log(softened / softened.sum()), log_softmax(z / T))


def cosine_reference(z: np.ndarray, v: np.ndarray, target: int) -> float:
    return 1 - np.dot(z, v) / math.sqrt(np.dot(z, z) * np.dot(v, v))


REFERENCES: dict[str, Callable[[np.ndarray, np.ndarray, int], float]] = {
    "squared_logit_error": lambda z, v, target: mean_squared_error(z, v),
    "absolute_logit_error": lambda z, v, target: mean_absolute_error(z, v),
    "cosine_distance": cosine_reference,
    "target_divergence": target_reference,
    "non_target_divergence": non_target_reference,
    "standardised_divergence": standardised_reference,
    "virtual_divergence": virtual_reference,
}
"""What each loss is for one image: logits z and v [C] and the label."""


def loss(name: str, student: Tensor, teacher: Tensor, target: Tensor, t: Tensor | float = T) -> Tensor:
    function = getattr(losses, name)
    if name == "virtual_divergence":
        return function(student, Labels(target), CORRECT, t)
    if name.endswith("target_divergence"):
        return function(student, teacher, target, t)
    return function(student, teacher, t) if name == "standardised_divergence" else function(student, teacher)


def example(members: int, images: int, classes: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(members * 100 + images + classes)
    student = 3 * torch.randn(members, images, classes, generator=generator, dtype=torch.float64)
    teacher = 3 * torch.randn(images, classes, generator=generator, dtype=torch.float64)
    return student, teacher, torch.randint(classes, (images,), generator=generator)


@pytest.mark.parametrize(("members", "images", "classes"), [(1, 16, 10), (3, 5, 4), (2, 1, 100), (1, 1, 2)])
@pytest.mark.parametrize("name", REFERENCES)
def test_each_loss_is_the_mean_over_images_of_its_reference(
    name: str, members: int, images: int, classes: int
) -> None:
    student, teacher, target = example(members, images, classes)
    expected = [
        np.mean([REFERENCES[name](*row) for row in zip(z, teacher.numpy(), target.numpy(), strict=True)])
        for z in student.numpy()
    ]
    np.testing.assert_allclose(loss(name, student, teacher, target).numpy(), expected, rtol=1e-9, atol=1e-12)
    single = loss(name, student.float(), teacher.float(), target).numpy()
    np.testing.assert_allclose(single, expected, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("name", REFERENCES)
def test_only_the_student_receives_a_gradient(name: str) -> None:
    student, teacher, target = example(2, 8, 10)
    loss(name, student.requires_grad_(), teacher.requires_grad_(), target).sum().backward()
    assert teacher.grad is None
    assert student.grad is not None
    assert (student.grad.abs().amax(dim=-1) > 0).all()


@pytest.mark.parametrize("name", REFERENCES)
def test_the_gradient_is_that_of_the_value(name: str) -> None:
    student, teacher, target = example(2, 3, 5)
    student.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss(name, z, teacher, target), student)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("classes", [2, 100])
@pytest.mark.parametrize("t", [0.25, 1.0, 100.0])
@pytest.mark.parametrize("at_target", ["both", "student", "teacher", "neither"])
def test_huge_logits_of_single_images_stay_finite(name: str, classes: int, t: float, at_target: str) -> None:
    peak = torch.eye(1, classes) * 1e4 - 5e3
    student = peak if at_target in ("both", "student") else peak.flip(-1)
    teacher = peak if at_target in ("both", "teacher") else peak.flip(-1)
    z = student[None].clone().requires_grad_()
    value = loss(name, z, teacher, torch.zeros(1, dtype=torch.long), t)
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("level", [0.0, 7.0])
def test_logits_that_are_all_alike_have_a_bounded_gradient(name: str, level: float) -> None:
    _, teacher, target = example(1, 1, 10)
    z = torch.full((1, 1, 10), level, dtype=torch.float64, requires_grad=True)
    value = loss(name, z, teacher, target)
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert z.grad.abs().max() < 1 / losses.SHORTEST


@pytest.mark.parametrize(
    "name", ["target_divergence", "non_target_divergence", "standardised_divergence", "virtual_divergence"]
)
def test_every_member_has_its_own_temperature(name: str) -> None:
    student, teacher, target = example(2, 4, 10)
    together = loss(name, student, teacher, target, torch.tensor([2.0, 8.0], dtype=torch.float64))
    alone = [loss(name, z[None], teacher, target, t)[0] for z, t in zip(student, (2.0, 8.0), strict=True)]
    torch.testing.assert_close(together, torch.stack(alone))


@pytest.mark.parametrize("t", [1.0, 4.0])
def test_the_decoupled_parts_make_up_the_divergence(t: float) -> None:
    """Zhao et al. 2022, section 3.1: KL = TCKD + (1 - the teacher's probability of the target) NCKD."""
    student, teacher, target = example(4, 1, 10)
    others = 1 - torch.softmax(teacher / t, dim=-1)[0, target[0]]
    whole = losses.target_divergence(student, teacher, target, t) + others * losses.non_target_divergence(
        student, teacher, target, t
    )
    torch.testing.assert_close(whole, soft_target_divergence(student, teacher, t))


def test_the_decoupled_parts_do_not_see_each_other() -> None:
    student, teacher, target = example(1, 6, 10)
    at = torch.nn.functional.one_hot(target, 10).double()
    torch.testing.assert_close(
        losses.non_target_divergence(student + 5 * at, teacher, target, T),
        losses.non_target_divergence(student, teacher, target, T),
    )
    assert losses.non_target_divergence(teacher[None] + 5 * at, teacher, target, T).item() < 1e-12
    assert losses.target_divergence(teacher[None] + 5 * at, teacher, target, T).item() > 0.01


def test_members_may_have_targets_of_their_own() -> None:
    student, teacher, target = example(2, 6, 10)
    own = torch.stack([target, (target + 1) % 10])
    for function in (losses.target_divergence, losses.non_target_divergence):
        alone = [function(z[None], teacher, y, T)[0] for z, y in zip(student, own, strict=True)]
        torch.testing.assert_close(function(student, teacher, own, T), torch.stack(alone))


def test_standardising_forgets_scale_and_offset() -> None:
    student, teacher, _ = example(1, 8, 10)
    torch.testing.assert_close(
        losses.standardised_divergence(3 * student + 7, 0.2 * teacher - 4, T),
        losses.standardised_divergence(student, teacher, T),
    )
    assert losses.standardised_divergence(5 * teacher[None] + 1, teacher, T).item() < 1e-12


def test_standardised_logits_of_two_classes_teach_nothing() -> None:
    """Why a method has to refuse them: only which one is larger is left."""
    student, teacher, _ = example(1, 8, 2)
    losses.standardised_divergence(student.requires_grad_(), teacher, T).sum().backward()
    assert student.grad.abs().max() < 1e-12


def test_cosine_distance_forgets_the_length() -> None:
    student, teacher, _ = example(1, 8, 10)
    torch.testing.assert_close(
        losses.cosine_distance(40 * student, teacher), losses.cosine_distance(student, 0.1 * teacher)
    )
    assert losses.cosine_distance(-2 * teacher[None], teacher).item() == pytest.approx(2)


def test_a_virtual_teacher_at_temperature_one_is_label_smoothing() -> None:
    """a = 1 - e + e / C: the two gradients agree."""
    student, _, target = example(1, 8, 10)
    z = [student.clone().requires_grad_() for _ in range(2)]
    losses.virtual_divergence(z[0], Labels(target), 1 - 0.2 + 0.2 / 10, 1.0).sum().backward()
    label_cross_entropy(z[1], Labels(target), 0.2).sum().backward()
    torch.testing.assert_close(z[0].grad, z[1].grad)


def test_a_virtual_teacher_says_nothing_of_hidden_labels() -> None:
    student, _, target = example(2, 8, 10)
    known = torch.arange(8) < 3
    torch.testing.assert_close(
        losses.virtual_divergence(student, Labels(target, known), CORRECT, T),
        losses.virtual_divergence(student[:, :3], Labels(target[:3]), CORRECT, T),
    )
    none = losses.virtual_divergence(student, Labels(target, torch.zeros_like(known)), CORRECT, T)
    assert (none == 0).all()


def test_a_virtual_teacher_mixes_what_it_says_of_mixed_images() -> None:
    student, _, target = example(1, 1, 4)
    other = (target + 1) % 4
    mixed = Labels(target, other=other, share=0.3)
    said = np.full(4, 0.1 / 3)
    said[target], said[other] = 0.3 * 0.9 + 0.7 * 0.1 / 3, 0.7 * 0.9 + 0.3 * 0.1 / 3
    expected = relative_entropy(np.log(said), log_softmax(student.numpy()[0, 0]))
    assert losses.virtual_divergence(student, mixed, CORRECT, 1.0).item() == pytest.approx(expected)
