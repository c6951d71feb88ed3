"""What the methods on responses make of a batch: their weights, their targets, whom they refuse."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from kdcore.experiment import Experiment
from kdcore.losses.logits import non_target_divergence
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.stages import stages_of
from kdcore.methods.standardised_logits import two_classes
from kdcore.methods.triple_loss import turn
from kdcore.plan import Batch, Labels, Output, Term

N, C = 6, 5


def batch(labels: Labels | None = None, **more: Any) -> Batch:
    generator = torch.Generator().manual_seed(1)
    fields: dict[str, Any] = {
        "images": torch.zeros(N, 1, 8, 8),
        "labels": labels or Labels(torch.arange(N) % C),
        "outputs": {
            "student": Output(3 * torch.randn(2, N, C, generator=generator)),
            "teacher": Output(3 * torch.randn(N, C, generator=generator)),
        },
        "temperature": torch.tensor([1.0, 4.0]),
        "teacher_weight": torch.tensor([0.9, 0.5]),
        "notes": {},
        "partner_notes": {},
        "progress": 1.0,
    }
    return Batch(**(fields | more))


def terms(method: str, seen: Batch, **settings: float) -> dict[str, Term]:
    (stage,) = stages_of(Experiment(method=method, parameters=settings))
    return {term.name: term for term in stage.objective(seen) if isinstance(term, Term)}


def test_both_decoupled_weights_grow_over_the_warm_up() -> None:
    for progress, share in ((0.0, 0.0), (0.05, 0.25), (0.2, 1.0), (1.0, 1.0)):
        made = terms("decoupled", batch(progress=progress), warm_up=0.2)
        expected = share * torch.tensor([1.0, 16.0])
        torch.testing.assert_close(made["target (TCKD)"].scale, expected)
        torch.testing.assert_close(made["others (NCKD)"].scale, 8 * expected)
    assert terms("decoupled", batch(progress=0.0), warm_up=0.0)["target (TCKD)"].scale[0] == 1


def test_the_teachers_answer_is_the_target_where_the_label_is_hidden() -> None:
    known = torch.arange(N) < 2
    seen = batch(Labels(torch.arange(N) % C, known))
    teacher = seen.outputs["teacher"].logits
    target = torch.cat([torch.arange(2), teacher[2:].argmax(dim=-1)])
    expected = non_target_divergence(seen.outputs["student"].logits, teacher, target, seen.temperature)
    torch.testing.assert_close(terms("decoupled", seen)["others (NCKD)"].raw, expected)


def test_mixed_images_are_decoupled_at_both_labels() -> None:
    index, other = torch.arange(N) % C, torch.arange(1, N + 1) % C
    first, second = (terms("decoupled", batch(Labels(i))) for i in (index, other))
    mixed = terms("decoupled", batch(Labels(index, other=other, share=0.3)))
    for name in ("target (TCKD)", "others (NCKD)"):
        torch.testing.assert_close(mixed[name].raw, 0.3 * first[name].raw + 0.7 * second[name].raw)


def test_the_published_weights_of_standardised_logits_are_those_at_nine_tenths() -> None:
    made = terms("standardised-logits", batch(temperature=torch.ones(2)))
    assert made["labels"].scale[0] == pytest.approx(0.1)
    assert made["standardised targets"].scale[0] == pytest.approx(9)


def test_two_standardised_logits_are_refused() -> None:
    assert "three classes" in two_classes({"student": {"logits": (2,)}})
    assert not two_classes({"student": {"logits": (3,)}})


@pytest.mark.parametrize(("form", "expected"), [(0, 4.0), (1, 2.0), (2, 0.0)])
def test_each_form_of_logit_regression_can_be_chosen(form: int, expected: float) -> None:
    level = torch.full((N, C), 2.0)
    seen = batch(outputs={"student": Output(2 * level[None]), "teacher": Output(level)})
    found = terms("logit-regression", seen, form=form)["regression"].raw
    torch.testing.assert_close(found, torch.tensor([expected]), atol=1e-6, rtol=0)


def test_smoothed_labels_take_the_place_of_the_recipes() -> None:
    seen = batch(label_smoothing=0.4)
    expected = label_cross_entropy(seen.outputs["student"].logits, seen.labels, 0.1)
    torch.testing.assert_close(terms("smooth-labels", seen)["smoothed labels"].raw, expected)


def test_the_virtual_teacher_is_asked_at_each_members_temperature() -> None:
    made = terms("virtual-teacher", batch())["virtual teacher"]
    torch.testing.assert_close(made.scale, torch.tensor([0.9, 8.0]))
    assert made.raw.shape == (2,)


def test_the_triple_loss_compares_unlike_widths_and_begins_without_turning() -> None:
    for ours, theirs in ((3, 5), (5, 3), (4, 4)):
        matrix = turn({"student": {"penultimate": (ours,)}, "teacher": {"penultimate": (theirs,)}})
        features = torch.ones(2, ours)
        assert matrix(features).tolist() == [[1.0] * min(ours, theirs) + [0.0] * max(theirs - ours, 0)] * 2
