"""What a field is called, and how its value reads."""

from __future__ import annotations

from typing import Any

import pytest

from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.experiment_fields import field_label, value_text


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("temperature", "T"),
        ("teacher_weight", "weight on teacher"),
        ("count", "images"),
        ("learning_rate", "learning rate"),
        ("parameters.beta_two", "beta two"),
    ],
)
def test_a_field_has_one_label(name: str, label: str) -> None:
    assert field_label(name) == label
    assert field_label(name, str.upper) == label.upper()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "all"),
        (True, "yes"),
        (False, "no"),
        (4.0, "4"),
        (0.003, "0.003"),
        (60_000, "60000"),
        ("mlp-30", "mlp-30"),
        ((3, 8), "3, 8"),
        ((), "none"),
        ({"beta": 2.0}, "beta = 2"),
    ],
)
def test_a_value_reads_as_a_person_writes_it(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_tuples_read_as_the_caller_joins_them() -> None:
    assert value_text((3, 8), separator=" + ") == "3 + 8"
    assert value_text((), empty="–") == "–"


def test_every_field_of_an_experiment_has_its_default() -> None:
    assert {name: entry.default for name, entry in FLAT_FIELDS.items()} == Experiment().flat()
