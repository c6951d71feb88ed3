"""The feature losses against independent references in float64, and what must hold of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from torch import Tensor

from kdcore.losses import feature

Array = np.ndarray[Any, np.dtype[np.float64]]

MAPS = [(1, 1, 2, 4), (2, 3, 4, 6), (3, 5, 7, 4)]
"""K members, N images, C channels, side of the maps."""


def maps(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pair(k: int, n: int, c: int, side: int, channels: int | None = None) -> tuple[Tensor, Tensor]:
    return maps(k, n, c, side, side, seed=1), maps(n, channels or c, side, side, seed=2)


# ---- the references: loops over images, channels and positions -------------------------------------------------------


def smaller(one: Array, other: Array) -> tuple[Array, Array]:
    """Maps [C, H, W] averaged over equal blocks down to the smaller size; the sizes divide each other."""
    size = [min(a, b) for a, b in zip(one.shape[1:], other.shape[1:], strict=True)]

    def down(x: Array) -> Array:
        blocks = [x.shape[1] // size[0], x.shape[2] // size[1]]
        made = np.zeros((len(x), *size))
        for c, i, j in np.ndindex(*made.shape):
            rows = slice(i * blocks[0], (i + 1) * blocks[0])
            columns = slice(j * blocks[1], (j + 1) * blocks[1])
            made[c, i, j] = x[c, rows, columns].mean()
        return made

    return down(one), down(other)


def by_image(loss: Callable[..., float]) -> Callable[..., list[float]]:
    """A member's loss as the mean over its images of a loss of one image."""

    def of(student: Tensor, teacher: Tensor, *more: float) -> list[float]:
        told = teacher.numpy()
        return [
            float(np.mean([loss(s, t, *more) for s, t in zip(one, told, strict=True)]))
            for one in student.numpy()
        ]

    return of


def reference_hint(s: Array, t: Array) -> float:
    s, t = smaller(s, t)
    total = 0.0
    for place in np.ndindex(*s.shape):
        total += (s[place] - t[place]) ** 2
    return total / s.size


def looked_at(x: Array) -> Array:
    energy = np.zeros(x.shape[1:])
    for channel in x:
        energy += channel**2
    return energy / np.linalg.norm(energy)


def reference_attention(s: Array, t: Array) -> float:
    s, t = smaller(s, t)
    return float(np.mean((looked_at(s) - looked_at(t)) ** 2))


def reference_selectivity(s: Array, t: Array) -> float:
    s, t = smaller(s, t)

    def kernel(one: Array, other: Array) -> float:
        values = []
        for a in one:
            for b in other:
                cosine = np.vdot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)
                values.append(cosine**2)
        return float(np.mean(values))

    return kernel(s, s) + kernel(t, t) - 2 * kernel(s, t)


def flows(lower: Array, upper: Array) -> Array:
    lower, upper = smaller(lower, upper)
    return np.array([[np.mean(a * b) for b in upper] for a in lower])


def reference_flow(student: list[Tensor], teacher: list[Tensor]) -> list[float]:
    found = []
    for k in range(len(student[0])):
        total = 0.0
        for p in range(len(student) - 1):
            each = [
                (
                    flows(student[p][k, n].numpy(), student[p + 1][k, n].numpy())
                    - flows(teacher[p][n].numpy(), teacher[p + 1][n].numpy())
                )
                ** 2
                for n in range(student[0].shape[1])
            ]
            total += float(np.mean(each))
        found.append(total)
    return found


def reference_channel_wise(s: Array, t: Array, temperature: float) -> float:
    s, t = smaller(s, t)
    each = [
        np.sum(softmax(b / temperature) * (log_softmax(b / temperature) - log_softmax(a / temperature)))
        for a, b in zip(s, t, strict=True)
    ]
    return float(temperature**2 * np.mean(each))


def reference_standardised(x: Array) -> Array:
    made = np.zeros_like(x)
    for place in np.ndindex(*x.shape[1:]):
        column = x[(slice(None), *place)]
        made[(slice(None), *place)] = (column - column.mean()) / np.sqrt(column.var() + 1e-5)
    return made


def reference_standardised_hint(s: Array, t: Array) -> float:
    s, t = smaller(s, t)
    distance = np.abs(s - reference_standardised(t))
    return float(np.mean(np.where(distance < 2, distance**2 / 4, distance - 1)))


def reference_fused_hint(student: Tensor, teachers: list[Tensor]) -> list[float]:
    found = []
    for k, one in enumerate(student.numpy()):
        total = []
        for n, s in enumerate(one):
            told = [t[k if len(t) > 1 else 0, n].numpy() for t in teachers]
            if any(x.ndim == 1 for x in (s, *told)):
                s, *told = (x.reshape(len(x), -1).mean(axis=1) for x in (s, *told))
            smallest = min((s, *told), key=lambda x: x.shape[1:])
            told = [smaller(t, smallest)[0] if t.ndim > 1 else t for t in told]
            s = smaller(s, smallest)[0] if s.ndim > 1 else s
            target = np.concatenate([reference_standardised(t) for t in told])
            total.append(np.mean((s - target) ** 2))
        found.append(float(np.mean(total)))
    return found


def reference_codes(teacher: Tensor, codebook: Tensor) -> Array:
    rows = teacher.numpy()
    found = np.zeros((len(codebook), len(rows), *rows.shape[2:]))
    for k, n, *place in np.ndindex(*found.shape):
        vector = rows[(n, slice(None), *place)]
        found[(k, n, *place)] = np.argmin([np.sum((vector - code) ** 2) for code in codebook[k].numpy()])
    return found


def reference_quantisation(teacher: Tensor, codebook: Tensor) -> list[float]:
    rows = np.moveaxis(teacher.numpy(), 1, -1).reshape(-1, teacher.shape[1])
    return [
        float(np.mean([min(np.mean((row - code) ** 2) for code in codes) for row in rows]))
        for codes in codebook.numpy()
    ]


def reference_code_entropy(scores: Tensor, codes: Tensor) -> list[float]:
    found = []
    for s, c in zip(scores.numpy(), codes.numpy(), strict=True):
        log_q = log_softmax(s, axis=1)
        found.append(
            -float(np.mean([log_q[(place[0], c[place], *place[1:])] for place in np.ndindex(*c.shape)]))
        )
    return found


def reference_use(codes: Tensor, count: int) -> list[float]:
    found = []
    for c in codes.numpy():
        shares = np.bincount(c.ravel(), minlength=count) / c.size
        found.append(float(np.prod([p**-p for p in shares if p > 0])))
    return found


def reference_same_size(student: Tensor, teacher: Tensor) -> tuple[Array, Array]:
    told = [[smaller(s, t) for s, t in zip(one, teacher.numpy(), strict=True)] for one in student.numpy()]
    return np.array([[s for s, _ in one] for one in told]), np.array([t for _, t in told[0]])


REFERENCES: dict[str, Callable[..., Any]] = {
    "same_size": reference_same_size,
    "hint": by_image(reference_hint),
    "attention_map": lambda features: np.array([looked_at(x) for x in features.numpy()]),
    "attention": by_image(reference_attention),
    "neuron_selectivity": by_image(reference_selectivity),
    "flow_matrix": lambda low, up: np.array(
        [flows(a, b) for a, b in zip(low.numpy(), up.numpy(), strict=True)]
    ),
    "flow": reference_flow,
    "channel_wise": by_image(reference_channel_wise),
    "standardised": lambda features: np.array([reference_standardised(x) for x in features.numpy()]),
    "standardised_hint": by_image(reference_standardised_hint),
    "fused_hint": reference_fused_hint,
    "nearest_codes": reference_codes,
    "quantisation_error": reference_quantisation,
    "code_cross_entropy": reference_code_entropy,
    "codes_in_use": reference_use,
}

PAIRED: dict[str, tuple[float, ...]] = {
    "hint": (),
    "attention": (),
    "neuron_selectivity": (),
    "channel_wise": (4.0,),
    "standardised_hint": (),
}
"""The losses of one point, with what they take beside the features."""

ANY_CHANNELS = ("attention", "neuron_selectivity")


def close(found: Any, expected: Any, rel: float = 1e-10) -> None:
    if isinstance(found, tuple):
        for one, other in zip(found, expected, strict=True):
            close(one, other, rel)
    else:
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=rel, atol=1e-12)


# ---- every loss against its reference --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", MAPS)
@pytest.mark.parametrize("name", PAIRED)
def test_losses_of_one_point_equal_their_references(name: str, size: tuple[int, int, int, int]) -> None:
    student, teacher = pair(*size)
    found = getattr(feature, name)(student, teacher, *PAIRED[name])
    assert found.shape == (size[0],)
    close(found, REFERENCES[name](student, teacher, *PAIRED[name]))
    single = getattr(feature, name)(student.float(), teacher.float(), *PAIRED[name])
    close(single, found, rel=1e-3)


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize(("ours", "theirs"), [((6, 4), (3, 2)), ((3, 4), (6, 4)), ((6, 2), (3, 4))])
def test_maps_of_unequal_size_are_averaged_down(
    name: str, ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    student, teacher = maps(2, 3, 4, *ours, seed=1), maps(3, 4, *theirs, seed=2)
    found = getattr(feature, name)(student, teacher, *PAIRED[name])
    close(found, REFERENCES[name](student, teacher, *PAIRED[name]))


@pytest.mark.parametrize("name", PAIRED)
def test_unequal_widths_are_taken_or_refused(name: str) -> None:
    student, teacher = pair(2, 3, 4, 6, channels=1)
    if name in ANY_CHANNELS:
        found = getattr(feature, name)(student, teacher, *PAIRED[name])
        close(found, REFERENCES[name](student, teacher, *PAIRED[name]))
    else:
        with pytest.raises(ValueError, match="differ in size"):
            getattr(feature, name)(student, teacher, *PAIRED[name])


@pytest.mark.parametrize("loss", [feature.hint, feature.standardised_hint])
def test_vectors_meet_vectors_and_maps_by_their_mean(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    student, teacher = maps(2, 3, 5, seed=1), maps(3, 5, seed=2)
    expected = REFERENCES[loss.__name__](student[..., None, None], teacher[..., None, None])
    close(loss(student, teacher), expected)
    spread = torch.stack([teacher - 1, teacher + 1], dim=-1)[..., None]
    close(loss(student, spread), expected)
    close(loss(student[..., None, None].expand(2, 3, 5, 4, 4), teacher), expected)


def teachers_of(sizes: list[tuple[int, ...]], n: int, members: list[int]) -> list[Tensor]:
    return [maps(k, n, *size, seed=9 + i) for i, (size, k) in enumerate(zip(sizes, members, strict=True))]


@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 3)])
@pytest.mark.parametrize(
    ("own", "sizes"),
    [
        ((7, 4, 4), [(3, 4, 4), (4, 4, 4)]),
        ((7, 2, 2), [(3, 4, 4), (4, 4, 4)]),
        ((9, 4, 4), [(3, 4, 4), (4, 2, 2), (2, 8, 8)]),
        ((7,), [(3,), (4,)]),
        ((7,), [(3, 4, 4), (4, 2, 2)]),
        ((7, 4, 4), [(3,), (4, 4, 4)]),
    ],
)
def test_a_fused_hint_equals_its_reference(
    own: tuple[int, ...], sizes: list[tuple[int, ...]], k: int, n: int
) -> None:
    """Teachers of one's own and teachers shared by all members; of other widths and sizes; maps and vectors."""
    student = maps(k, n, *own, seed=1)
    teachers = teachers_of(sizes, n, [1, *[k] * (len(sizes) - 1)])
    found = feature.fused_hint(student, teachers)
    assert found.shape == (k,)
    close(found, reference_fused_hint(student, teachers))


def test_a_fused_hint_sees_neither_the_scale_of_a_teacher_nor_gives_it_a_gradient() -> None:
    student = maps(2, 3, 7, 4, 4, seed=1).requires_grad_()
    teachers = [t.requires_grad_() for t in teachers_of([(3, 4, 4), (4, 4, 4)], 3, [1, 2])]
    found = feature.fused_hint(student, teachers)
    # Up to the 1e-5 beside the variance.
    scaled = [100 * teachers[0] + 5, teachers[1]]
    close(feature.fused_hint(student, scaled).detach(), found.detach(), rel=1e-3)
    found.sum().backward()
    assert student.grad is not None
    assert student.grad.abs().sum() > 0
    assert all(teacher.grad is None for teacher in teachers)
    target = torch.cat([feature.standardised(t.detach(), 2).expand(2, -1, -1, -1, -1) for t in teachers], 2)
    close(feature.fused_hint(target, teachers), torch.zeros(2))


@pytest.mark.parametrize("size", [1e4, 0.0])
def test_fused_hints_of_one_image_stay_finite_and_refuse_other_widths(size: float) -> None:
    student = (size * maps(1, 1, 5, 4, 4, seed=1)).float().requires_grad_()
    teachers = [(size * t).float() for t in teachers_of([(3, 4, 4), (2, 4, 4)], 1, [1, 1])]
    found = feature.fused_hint(student, teachers)
    found.sum().backward()
    assert found.isfinite().all()
    assert student.grad is not None
    assert student.grad.isfinite().all()
    with pytest.raises(ValueError, match="differ in size"):
        feature.fused_hint(student, teachers[:1])


@pytest.mark.parametrize("size", MAPS)
def test_pooled_features_and_their_maps_equal_the_references(size: tuple[int, int, int, int]) -> None:
    k, n, c, side = size
    student, teacher = maps(k, n, c, 2 * side, side, seed=1), maps(n, c + 1, side, 3 * side, seed=2)
    close(feature.same_size(student, teacher), reference_same_size(student, teacher))
    close(feature.attention_map(teacher), REFERENCES["attention_map"](teacher))
    close(feature.standardised(teacher), REFERENCES["standardised"](teacher))
    close(feature.flow_matrix(student[0], teacher), REFERENCES["flow_matrix"](student[0], teacher))


@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 3)])
def test_flow_equals_its_reference_over_three_points_of_two_sizes(k: int, n: int) -> None:
    widths, sides = (2, 3, 5), (8, 4, 2)
    student = [maps(k, n, w, s, s, seed=s) for w, s in zip(widths, sides, strict=True)]
    teacher = [maps(n, w, 2 * s, 2 * s, seed=s + 1) for w, s in zip(widths, sides, strict=True)]
    close(feature.flow(student, teacher), reference_flow(student, teacher))


def test_flow_refuses_what_it_cannot_compare() -> None:
    student, teacher = pair(2, 3, 4, 6)
    with pytest.raises(ValueError, match="two or more points"):
        feature.flow([student], [teacher])
    with pytest.raises(ValueError, match="got 3 and 2"):
        feature.flow([student] * 3, [teacher] * 2)
    with pytest.raises(ValueError, match="differ in size"):
        feature.flow([student, student[:, :, :1]], [teacher, teacher])


@pytest.mark.parametrize("place", [(), (4, 3)])
@pytest.mark.parametrize(("k", "n", "m"), [(1, 1, 2), (2, 3, 7)])
def test_codes_equal_their_references(place: tuple[int, ...], k: int, n: int, m: int) -> None:
    teacher, codebook = maps(n, 5, *place, seed=1), maps(k, m, 5, seed=2)
    scores = maps(k, n, m, *place, seed=3)
    codes = feature.nearest_codes(teacher, codebook)
    close(codes, reference_codes(teacher, codebook))
    close(feature.quantisation_error(teacher, codebook), reference_quantisation(teacher, codebook))
    close(feature.code_cross_entropy(scores, codes), reference_code_entropy(scores, codes))
    close(feature.codes_in_use(codes, m), reference_use(codes, m), rel=1e-6)


# ---- what must hold --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PAIRED if name != "standardised_hint"])
def test_a_student_equal_to_its_teacher_has_no_loss(name: str) -> None:
    _, teacher = pair(2, 3, 4, 6)
    close(getattr(feature, name)(teacher.expand(2, -1, -1, -1, -1), teacher, *PAIRED[name]), [0, 0])


def test_a_student_equal_to_the_standardised_teacher_has_no_loss_and_equal_flows_none() -> None:
    _, teacher = pair(2, 3, 4, 6)
    close(feature.standardised_hint(feature.standardised(teacher)[None], teacher), [0])
    close(feature.flow([teacher[None]] * 2, [teacher] * 2), [0])


@pytest.mark.parametrize("name", ["attention", "neuron_selectivity"])
def test_attention_and_selectivity_do_not_see_the_scale_of_features(name: str) -> None:
    student, teacher = pair(2, 3, 4, 6)
    loss = getattr(feature, name)
    close(loss(7 * student, teacher / 3), loss(student, teacher))


def test_attention_and_selectivity_do_not_see_the_order_of_channels_but_a_hint_does() -> None:
    student, teacher = pair(2, 3, 4, 6)
    turned = student.flip(2)
    for name in ANY_CHANNELS:
        close(getattr(feature, name)(turned, teacher), getattr(feature, name)(student, teacher))
    assert (feature.hint(turned, teacher) - feature.hint(student, teacher)).abs().min() > 1e-3


def test_channel_wise_does_not_see_what_is_added_to_a_channel() -> None:
    student, teacher = pair(2, 3, 4, 6)
    shift = maps(1, 1, 4, 1, 1, seed=5)
    close(feature.channel_wise(student + shift, teacher, 2.0), feature.channel_wise(student, teacher, 2.0))


def test_the_standardised_teacher_does_not_see_scale_and_shift() -> None:
    student, teacher = pair(2, 3, 4, 6)
    found = feature.standardised_hint(student, 1e4 * teacher - 50)
    close(found, feature.standardised_hint(student, teacher), rel=1e-4)


@pytest.mark.parametrize("name", PAIRED)
def test_losses_are_means_over_images_and_members_are_reduced_apart(name: str) -> None:
    student, teacher = pair(2, 4, 3, 6)
    loss, more = getattr(feature, name), PAIRED[name]
    once = loss(student, teacher, *more)
    close(loss(student.repeat(1, 2, 1, 1, 1), teacher.repeat(2, 1, 1, 1), *more), once)
    close(
        torch.stack([loss(student[:, i : i + 1], teacher[i : i + 1], *more) for i in range(4)]).mean(0), once
    )
    close(torch.cat([loss(member[None], teacher, *more) for member in student]), once)


@pytest.mark.parametrize("name", PAIRED)
def test_the_student_receives_a_gradient_and_the_teacher_none(name: str) -> None:
    student, teacher = (x.requires_grad_() for x in pair(2, 3, 4, 6))
    getattr(feature, name)(student, teacher, *PAIRED[name]).sum().backward()
    assert teacher.grad is None
    assert (student.grad.flatten(1).norm(dim=1) > 0).all()


def test_gradients_of_flow_and_of_codes_go_where_they_should() -> None:
    student, teacher = (x.requires_grad_() for x in pair(2, 3, 4, 6))
    feature.flow([student, 2 * student], [teacher, 3 * teacher]).sum().backward()
    assert teacher.grad is None
    assert student.grad.norm() > 0
    codebook = maps(2, 5, 4, seed=3).requires_grad_()
    scores = maps(2, 3, 5, 6, 6, seed=4).requires_grad_()
    codes = feature.nearest_codes(teacher, codebook)
    (
        feature.quantisation_error(teacher, codebook) + feature.code_cross_entropy(scores, codes)
    ).sum().backward()
    assert teacher.grad is None
    used = torch.stack([torch.bincount(c.flatten(), minlength=5) > 0 for c in codes])
    assert ((codebook.grad.norm(dim=-1) > 0) == used).all()
    assert scores.grad.norm() > 0


def test_a_step_on_the_codebook_brings_it_nearer_to_the_features() -> None:
    _, teacher = pair(1, 4, 3, 6)
    codebook = maps(1, 8, 3, seed=3).requires_grad_()
    before = feature.quantisation_error(teacher, codebook)
    before.sum().backward()
    after = feature.quantisation_error(teacher, codebook.detach() - codebook.grad)
    assert after.item() < before.item()


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("channels", [2, 5])
@pytest.mark.parametrize("size", [1e4, 0.0])
def test_huge_and_dead_features_of_one_image_stay_finite(name: str, channels: int, size: float) -> None:
    student, teacher = (x.float() for x in pair(1, 1, channels, 4))
    student = (size * student).requires_grad_()
    loss = getattr(feature, name)(student, size * teacher, *PAIRED[name])
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(student.grad).all()


def test_huge_flows_and_codes_of_one_image_stay_finite() -> None:
    student, teacher = (1e4 * x.float() for x in pair(1, 1, 2, 4))
    student.requires_grad_()
    codebook = torch.ones(1, 2, 2).requires_grad_()
    codes = feature.nearest_codes(teacher, codebook)
    loss = feature.flow([student, student], [teacher, teacher])
    loss = loss + feature.quantisation_error(teacher, codebook) + feature.code_cross_entropy(student, codes)
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(student.grad).all()
    assert torch.isfinite(codebook.grad).all()
