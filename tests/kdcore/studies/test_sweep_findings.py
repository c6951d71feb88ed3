"""A sweep's sentence says what its errors support and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdcore.studies.sweep_findings import SettingErrors, findings, sentence


def tried(
    temperature: float, errors: tuple[int, ...], validation: float = 10, twin: tuple[int, ...] = ()
) -> SettingErrors:
    alone = twin or tuple(e + 20 + i for i, e in enumerate(errors))
    return SettingErrors({"temperature": temperature}, errors, (int(validation),) * len(errors), alone, 360)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            [tried(t, (10, 12, 11)) for t in (1, 2, 8)],
            "T between 1 and 8 are not distinguishable at 3 seeds. Every setting",
        ),
        (
            [
                tried(1, (30, 33, 31)),
                tried(2, (10, 12, 11), 5),
                tried(4, (11, 11, 12)),
                tried(8, (12, 10, 11)),
            ],
            "T between 2 and 8 are not distinguishable at 3 seeds. T = 1: more errors than T = 2, the best on validation.",
        ),
        (
            [tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5)],
            "T = 2 errs less than every other setting at 3 seeds.",
        ),
        (
            [tried(1, (5, 5, 5)), tried(2, (10, 12, 11), 5)],
            "T = 1: fewer errors than T = 2, the best on validation.",
        ),
        ([tried(1, (5,)), tried(2, (50,), 5)], "One seed tells no setting from another: take more seeds."),
        ([tried(1, (5, 6), twin=(5, 6))], "No setting is shown to err less than its twin."),
        ([tried(1, (5, 6), twin=(2, 2)), tried(2, (5, 6))], "T = 1: more errors than the twin."),
        ([], ""),
    ],
)
def test_the_sentence_says_what_is_supported_and_no_more(settings: list[SettingErrors], said: str) -> None:
    assert said in sentence(findings(settings))


def test_a_difference_whose_signs_disagree_is_not_claimed() -> None:
    """A mean far from zero does not help where one seed speaks against it."""
    assert "not distinguishable" in sentence(findings([tried(1, (10, 10, 40)), tried(2, (11, 4, 5), 5)]))


def test_the_sentence_changes_when_the_seeds_are_raised() -> None:
    few, more = (
        [tried(1, (12, 14)), tried(2, (11, 12), 5)],
        [tried(1, (12, 14, 14, 13)), tried(2, (11, 12, 12, 11), 5)],
    )
    assert "not distinguishable at 2 seeds" in sentence(findings([tried(1, (12, 18)), few[1]]))
    assert "T = 2 errs less than every other setting at 4 seeds" in sentence(findings(more))


def test_two_fields_and_words_are_named() -> None:
    settings = [
        SettingErrors({"student": name, "teacher_weight": w}, (10, 11), (9, 9), (20, 22), 360)
        for name in ("mlp-10", "mlp-30")
        for w in (0.5, 0.9)
    ]
    assert "4 of 4 settings are not distinguishable at 2 seeds" in sentence(findings(settings))
    only = [
        SettingErrors({"student": name}, (10, 11), (9, 9), (20, 22), 360)
        for name in ("mlp-10", "mlp-30", "cnn-small")
    ]
    only[1] = replace(only[1], validation=(1, 1))
    assert "student = mlp-10, mlp-30 and cnn-small are not" in sentence(findings(only)), (
        "in the sweep's order"
    )
