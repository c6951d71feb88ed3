"""Wrong values are refused in words that a reader without Python understands."""

from __future__ import annotations

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.experiment import FLAT_FIELDS, HOT_FIELDS, Experiment


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"temperature": -1.0}, "temperature = -1: it takes a number, 0.25 to 100."),
        ({"temperature": "hot"}, "temperature = 'hot': it takes a number, 0.25 to 100."),
        ({"temperature": float("nan")}, "temperature = nan: it takes a number, 0.25 to 100."),
        ({"fraction": 0}, "fraction = 0: it takes a number, more than 0 to 1."),
        ({"recipe": {"momentum": 1}}, "momentum = 1: it takes a number, 0 to less than 1."),
        ({"recipe": {"epochs": 2.5}}, "epochs = 2.5: it takes a whole number, 1 to 2000."),
        ({"teacher_recipe": {"epochs": 0}}, "teacher_epochs = 0: it takes a whole number, 1 to 2000."),
        ({"count": 0}, "count = 0: it takes a whole number, 1 to 10000000."),
        ({"recipe": {"optimiser": "x"}}, "optimiser = 'x': it takes sgd or adamw."),
        ({"precision": "half"}, "precision = 'half': it takes auto, float32 or bfloat16."),
        ({"device": 3}, "device = 3: it takes auto, cpu, cuda or mps."),
        ({"recipe": {"flip": "maybe"}}, "flip = 'maybe': it takes yes or no."),
        ({"omit": "a"}, "omit = 'a': it takes class numbers such as 0,3."),
        ({"omit": ["a"]}, "omit = 'a': it takes class numbers such as 0,3."),
        ({"omit": [-1]}, "omit: a class number is 0 or more."),
        ({"parameters": {"confidence": "x"}}, "parameters = 'x': it takes a number for each setting."),
        ({"recipe": 3}, "recipe = 3: it takes a recipe's fields."),
        ({"sauce": 1}, "There is no field 'sauce'."),
        ({"recipe": {"sauce": 1}}, "There is no field 'recipe.sauce'."),
        ({"count": 5, "fraction": 0.5}, "Give count or fraction, not both."),
        ({"recipe": {"max_norm": -1}}, "max_norm = -1: it takes a number, 0 to 100."),
        ({"logit_shift": 5}, "logit_shift = 5: it takes a whole number, 0 to 4."),
        (
            {"fixed_logits": True, "recipe": {"mixup": 0.2}},
            "Set mixup to 0 or fixed_logits off: a teacher that looks at images as they are has nothing to say about a mixture.",
        ),
        (
            {"logit_shift": 1, "recipe": {"shift": 2}},
            "Leave logit_shift at 0 or the students' augmentation off: logits are averaged for images that stay as they are.",
        ),
        (
            {"train_on_validation": True, "recipe": {"keep": "best"}},
            "Nothing can be chosen by validation images that are trained on: with train_on_validation set early_stop = 0 and keep = last, the teacher's too.",
        ),
        (
            {"train_on_validation": True, "teacher_recipe": {"early_stop": 3}},
            "Nothing can be chosen by validation images that are trained on: with train_on_validation set early_stop = 0 and keep = last, the teacher's too.",
        ),
        (
            {"dataset": "../x"},
            "dataset = '../x': it takes a name of up to 64 letters, digits, dots, dashes and underscores.",
        ),
    ],
)
def test_a_wrong_value_is_refused_in_our_own_words(values: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidExperiment) as refused:
        Experiment.read(values)
    assert str(refused.value) == f"This experiment cannot run. {said}"


def test_each_wrong_field_gets_its_sentence() -> None:
    with pytest.raises(InvalidExperiment) as refused:
        Experiment().with_flat(temperature=0, epochs=0, device="abacus" * 1000)
    said = str(refused.value)
    assert all(f"{name} = " in said for name in ("temperature", "epochs", "device"))
    assert len(said) < 300


def test_every_field_says_what_it_takes() -> None:
    assert all("None" not in entry.takes for entry in FLAT_FIELDS.values())


def test_one_seed_for_all_is_refused_as_one() -> None:
    with pytest.raises(InvalidExperiment, match=r"cannot run\. seed = -1: it takes 0 to 2147483647\.$"):
        Experiment().with_seed(-1)


def test_what_may_change_on_the_way_is_the_students_not_the_teachers() -> None:
    assert HOT_FIELDS == ("learning_rate", "temperature", "teacher_weight")


def test_what_was_stored_before_precision_was_a_field_trained_in_float32_and_is_found_by_its_hash() -> None:
    stored = Experiment().model_dump(mode="json")
    del stored["precision"]
    read = Experiment.read(stored)
    assert read.precision == "float32"
    assert (read.hash, read.teacher_hash) == ("c9d650b8931b704b", "058993bfb77ce67a")
    assert Experiment.read({"dataset": "digits"}).precision == "auto", "a file that somebody wrote by hand"
    for student, different in (("cnn-small", 3), ("mlp-1200x2", 3), ("mlp-30", 2), ("mlp-599x2", 2)):
        hashes = {Experiment(student=student, precision=p).hash for p in ("auto", "float32", "bfloat16")}
        assert len(hashes) == different, "what trained in one is not found for the other"


def test_a_field_that_came_later_changes_a_hash_only_where_it_does_something() -> None:
    """The hashes above are those of a store that knew none of these fields."""
    plain = Experiment()
    for name, value in (
        ("max_norm", 2.0),
        ("train_on_validation", True),
        ("logit_shift", 1),
        ("fixed_logits", True),
    ):
        changed = plain.with_flat(**{name: value})
        assert changed.hash != plain.hash, name
        assert (changed.teacher_hash != plain.teacher_hash) == (name == "train_on_validation"), name
    assert plain.with_flat(teacher_max_norm=2.0).teacher_hash != plain.teacher_hash
