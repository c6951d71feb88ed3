"""What the methods on relations make of a batch: their terms, their point, their matrix."""

from __future__ import annotations

import pytest
import torch

from kdcore.experiment import Experiment
from kdcore.losses import relation
from kdcore.methods.stages import stages_of
from kdcore.plan import Batch, Labels, Output, Stage, Term

N, C = 6, 5
METHODS = ("relational", "similarity-preserving", "correlation-congruence")


def features(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def batch() -> Batch:
    student = {"penultimate": features(2, N, 7, seed=1), "middle": features(2, N, 3, 4, 4, seed=2)}
    teacher = {"penultimate": features(N, 9, seed=3), "middle": features(N, 5, 2, 2, seed=4)}
    return Batch(
        images=torch.zeros(N, 1, 8, 8),
        labels=Labels(torch.arange(N) % C),
        outputs={
            "student": Output(features(2, N, C, seed=5), student),
            "teacher": Output(features(N, C, seed=6), teacher),
        },
        temperature=torch.ones(2),
        teacher_weight=torch.ones(2),
        notes={},
        partner_notes={},
        progress=1.0,
    )


def stage(method: str, **settings: float) -> Stage:
    (only,) = stages_of(Experiment(method=method, parameters=settings))
    return only


def terms(method: str, **settings: float) -> dict[str, Term]:
    made = stage(method, **settings).objective(batch())
    return {term.name: term for term in made if isinstance(term, Term)}


def test_distances_and_angles_have_a_weight_each() -> None:
    both = terms("relational", distance_weight=2, angle_weight=3)
    assert (both["distances"].scale, both["angles"].scale) == (2, 3)
    assert set(terms("relational", angle_weight=0)) == {"labels", "distances"}
    assert set(terms("relational", distance_weight=0)) == {"labels", "angles"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("point", "name"), [(1, "middle"), (3, "penultimate")])
def test_the_point_is_tapped_on_both_sides(method: str, point: int, name: str) -> None:
    assert stage(method, point=point).taps == {"student": (name,), "teacher": (name,)}
    other = terms(method, point=4 - point)
    for term, made in terms(method, point=point).items():
        assert made.raw.shape == (2,)
        assert torch.equal(made.raw, other[term].raw) == (term == "labels")


def test_the_kernel_is_as_set() -> None:
    outputs = batch().outputs
    expected = relation.correlation_difference(
        outputs["student"].features["penultimate"], outputs["teacher"].features["penultimate"], 1.5, 3
    )
    found = terms("correlation-congruence", gamma=1.5, powers=2)["congruence"].raw
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("method", METHODS)
def test_images_that_are_alike_stand_out_in_the_matrix(method: str) -> None:
    """One network's answer to three pairs of images: in each pair the two are nearly the same."""
    pairs = features(3, 4, 2, 2, seed=1).repeat_interleave(2, dim=0) + 0.01 * features(6, 4, 2, 2, seed=2)
    show = stage(method, point=1).shows["matrix"]
    matrix = show(Output(torch.zeros(6, C), {"middle": pairs.bfloat16()}))
    assert matrix.shape == (6, 6)
    assert matrix.dtype == torch.float32
    nearest = matrix if method != "relational" else -matrix
    partner = nearest.fill_diagonal_(-torch.inf).argmax(dim=-1)
    assert partner.tolist() == [1, 0, 3, 2, 5, 4]
