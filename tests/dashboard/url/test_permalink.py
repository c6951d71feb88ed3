from __future__ import annotations

import pytest

from dashboard.url.permalink import decode, encode, read_recipe, recipe_parameters
from kdcore.experiment import FLAT_FIELDS, Experiment

BASE = Experiment()


def test_a_recipe_survives_its_link() -> None:
    recipe = BASE.with_flat(
        dataset="mnist",
        count=5000,
        omit=(3, 7),
        flip=True,
        temperature=2.5,
        optimiser="sgd",
        parameters={"share": 0.5},
    )
    assert read_recipe(recipe_parameters(recipe, BASE), BASE).experiment == recipe


def test_a_link_can_take_a_field_back_to_none() -> None:
    few = BASE.with_flat(count=100)
    assert read_recipe(recipe_parameters(BASE, few), few).experiment.count is None


def test_a_link_carries_only_what_differs() -> None:
    assert recipe_parameters(BASE, BASE) == {}
    assert recipe_parameters(BASE.with_flat(temperature=8), BASE) == {"T": "8.0"}


@pytest.mark.parametrize("name", sorted(FLAT_FIELDS))
def test_every_field_reads_what_it_writes(name: str) -> None:
    value = BASE.value(name)
    assert BASE.with_flat(**{name: decode(name, encode(value))}).value(name) == value


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        ("T", "-1", "temperature"),
        ("T", "nan", "temperature"),
        ("temperature", "hot", "temperature"),
        ("epochs", "1e9", "epochs"),
        ("epochs", "2.5", "epochs"),
        ("omit", "[-1]", "omit"),
        ("omit", '"', "omit"),
        ("dataset", "../../etc/passwd", "dataset"),
        ("teacher_epochs", "0", "teacher_epochs"),
    ],
)
def test_a_wrong_parameter_is_told_and_the_others_count(parameter: str, text: str, says: str) -> None:
    read = read_recipe({parameter: text, "weight": "0.5"}, BASE)
    assert len(read.problems) == 1
    assert says in read.problems[0]
    assert read.experiment == BASE.with_flat(teacher_weight=0.5)


def test_other_pages_parameters_are_left_alone() -> None:
    assert read_recipe({"image": "12", "run": "x", "preset": "y"}, BASE) == read_recipe({}, BASE)


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 1500, "[" * 100_000, '{"a":' * 300, "x" * 100_000])
@pytest.mark.parametrize("name", ["epochs", "parameters", "omit", "dataset"])
def test_a_value_that_is_too_long_or_too_deep_is_left_out_with_a_sentence(name: str, text: str) -> None:
    found = read_recipe({name: text, "T": "3"}, BASE)
    assert found.experiment == BASE.with_flat(temperature=3.0)
    assert len(found.problems) == 1
    assert len(found.problems[0]) < 400


def test_a_methods_settings_have_names_and_no_markup() -> None:
    link = {"parameters": '{"![i](https://evil.test/i.png)": 1}'}
    found = read_recipe(link, BASE)
    assert found.experiment == BASE
    assert "each by its name" in found.problems[0]
