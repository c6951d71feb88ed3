"""Values are read as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_values import values_of
from tests.kdcore.studies.small_sweeps import BASE


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("T", "1, 2,2.5", ("temperature", (1, 2, 2.5))),
        ("weight", "0.5", ("teacher_weight", (0.5,))),
        ("teacher-weight", "1", ("teacher_weight", (1,))),
        ("epochs", "3..6", ("epochs", (3, 4, 5, 6))),
        ("count", "50,all", ("count", (50, None))),
        ("omit", "3,3+8", ("omit", ((3,), (3, 8)))),
        ("student", "mlp-10,cnn-small", ("student", ("mlp-10", "cnn-small"))),
        ("flip", "yes,no", ("flip", (True, False))),
        ("parameters.beta", "1,8", ("parameters.beta", (1, 8))),
    ],
)
def test_values_are_read_as_people_write_them(name: str, text: str, values: tuple[str, Any]) -> None:
    assert values_of(name, text) == values


@pytest.mark.parametrize(
    ("name", "text"), [("temperatur", "1"), ("temperature", ""), ("temperature", "hot"), ("epochs", "9..1")]
)
def test_values_that_are_none_are_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidExperiment):
        values_of(name, text)


@pytest.mark.parametrize("text", ["hot", "0", "-3", "nan", "4,0"])
def test_every_wrong_value_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(InvalidExperiment, match=r"^temperature = \S+: it takes a number, 0.25 to 100"):
        Sweep.read({"base": BASE, "vary": dict([values_of("temperature", text)])})
