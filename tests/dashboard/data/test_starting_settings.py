"""What changes with the dataset or the student, and what stays as somebody set it."""

from __future__ import annotations

import pytest

from dashboard.components.recipe_edits import with_dependent_fields
from dashboard.data import torch_imports
from dashboard.data.starting_settings import untouched
from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS, preset
from kdcore.studies.starting_settings import start_of

FIRST = PRESETS[0].experiment


@pytest.fixture(scope="module", autouse=True)
def networks_are_known() -> None:
    torch_imports._import()


@pytest.mark.parametrize(
    ("name", "value"), [("student", "mlp-128"), ("dataset", "mnist"), ("dataset", "drawn")]
)
def test_settings_that_nobody_touched_follow(name: str, value: str) -> None:
    moved = with_dependent_fields(FIRST, name, value)
    judged = start_of(moved)
    assert judged is not None
    assert judged.start.fits(moved)
    there_and_back = with_dependent_fields(moved, name, FIRST.value(name))
    assert there_and_back == FIRST


@pytest.mark.parametrize("changed", [{"epochs": 7}, {"temperature": 9.0}, {"hidden_labels": 0.5}])
def test_settings_that_somebody_set_stay(changed: dict[str, float]) -> None:
    own = FIRST.with_flat(**changed)
    assert not untouched(own)
    assert with_dependent_fields(own, "student", "mlp-128") == own.with_flat(student="mlp-128")


def test_a_presets_question_stays_when_another_student_is_asked() -> None:
    noisy = preset("mnist-noisy").experiment
    assert with_dependent_fields(noisy, "student", "mlp-30") == noisy.with_flat(student="mlp-30")


def test_images_that_were_not_measured_take_the_settings_of_images_like_them_and_no_foreign_teacher() -> None:
    moved = with_dependent_fields(FIRST, "dataset", "fashion-mnist")
    like = start_of(moved.with_flat(dataset="mnist"))
    assert like is not None
    assert start_of(moved) is None
    assert moved.recipe.epochs == like.start.settings["epochs"]
    assert moved.count == like.start.settings["count"]
    assert moved.teacher != like.start.settings["teacher"]


def test_the_programs_defaults_count_as_untouched() -> None:
    assert untouched(Experiment())
