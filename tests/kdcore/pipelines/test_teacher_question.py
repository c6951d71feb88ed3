"""Experiments that ask their teacher the same."""

from __future__ import annotations

from typing import Any

import pytest

from kdcore.experiment import Experiment
from kdcore.pipelines.teacher_question import teacher_question

BASE = Experiment.from_flat({"count": 100})


@pytest.mark.parametrize(
    "flat", [{"temperature": 8.0}, {"epochs": 3}, {"label_noise": 0.5}, {"init_seed": 2}], ids=str
)
def test_what_is_made_of_the_answers_does_not_matter(flat: dict[str, Any]) -> None:
    assert teacher_question(BASE.with_flat(**flat)) == teacher_question(BASE)


@pytest.mark.parametrize(
    "flat",
    [
        {"count": 200},
        {"count": None, "fraction": 0.5},
        {"omit": (3,)},
        {"noise_seed": 1},
        {"logit_shift": 1},
        {"shift": 1},
        {"teacher": "mlp-300", "teacher_epochs": 3},
        {"split_seed": 1},
        {"student": "cnn-small"},
        {"precision": "bfloat16"},
        {"threads": 2},
    ],
    ids=str,
)
def test_another_teacher_other_images_or_another_arithmetic_is_another_question(flat: dict[str, Any]) -> None:
    assert teacher_question(BASE.with_flat(**flat)) != teacher_question(BASE)
