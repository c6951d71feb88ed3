"""The code of a recipe: it follows the settings, and what a setting changes is found line by line."""

from __future__ import annotations

import pytest

from dashboard.data import torch_imports
from dashboard.data.training_code import changed_lines, training_code
from dashboard.text.python_words import lines_of_words
from kdcore.methods.registry import methods
from kdcore.studies.presets import PRESETS

DEFAULT = PRESETS[0].experiment


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    torch_imports._import()


def text(**flat: object) -> str:
    code = training_code(DEFAULT.with_flat(**flat))
    assert code is not None
    assert code.refused == ""
    return code.text


@pytest.mark.parametrize(
    ("setting", "lines"),
    [
        ({"temperature": 7.0}, ["TEMPERATURE = 7.0"]),
        ({"teacher_weight": 0.35}, ["TEACHER_WEIGHT = 0.35"]),
        ({"epochs": 12}, ["EPOCHS = 12"]),
        ({"student": "mlp-7"}, ["        nn.Flatten(), nn.Linear(64, 7), nn.ReLU(), nn.Linear(7, 10),"]),
        ({"clip_norm": 2.0}, ["        nn.utils.clip_grad_norm_(network.parameters(), 2.0)"]),
    ],
)
def test_a_setting_changes_its_own_lines(setting: dict[str, object], lines: list[str]) -> None:
    now = text(**setting)
    assert [now.splitlines()[number - 1] for number in changed_lines(text(), now)] == lines


def test_an_unchanged_text_has_no_changed_lines() -> None:
    assert changed_lines(text(), text()) == ()


def test_every_method_has_code_or_a_sentence() -> None:
    for name in methods():
        code = training_code(DEFAULT.with_flat(method=name))
        assert code is not None
        assert bool(code.text) != bool(code.refused), name
        assert code.refused.endswith(".") or code.text


def test_words_put_together_are_the_source() -> None:
    source = text(keep="best", optimiser="sgd")
    lines = lines_of_words(source)
    assert ["".join(word for _kind, word in line) for line in lines] == source.splitlines()
    assert ("keyword", "def") in [word for line in lines for word in line]
    assert {kind for line in lines for kind, _word in line} == {"", "keyword", "string", "comment", "number"}
