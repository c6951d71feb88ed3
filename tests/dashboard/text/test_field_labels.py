"""A field's value as text: what is empty is a dash, and never nothing at all."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.text.field_labels import value_text
from kdcore.experiment import FLAT_FIELDS, Experiment


@pytest.mark.parametrize(("name", "value"), [*Experiment().flat().items()])
def test_every_fields_first_value_reads_as_something(name: str, value: Any) -> None:
    assert name in FLAT_FIELDS
    assert value_text(value).strip()


def test_what_is_empty_is_a_dash_and_no_count_is_all() -> None:
    assert value_text("") == value_text({}) == "–"
    assert value_text(None) == "all"


def test_a_fault_is_called_by_its_title() -> None:
    assert value_text("student-on-both-sides", "fault") == "Student's logits on both sides"
    assert value_text("student-on-both-sides", "student") == "student-on-both-sides"
    assert value_text("?7", "fault") == "?7"
    assert value_text("", "fault") == "–"
