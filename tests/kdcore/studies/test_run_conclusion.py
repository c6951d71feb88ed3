"""What one run shows, in sentences: errors and NLL judged apart, and no more than its figures support."""

from __future__ import annotations

from typing import Any

import pytest

from kdcore.studies import run_conclusion
from kdcore.studies.run_conclusion import (
    BY_CHANCE,
    VERDICTS,
    BesideTwin,
    NllDifference,
    compared,
    fitted_sentence,
)


def conclusion(results: dict[str, Any], **more: Any) -> str:
    """Verdict and figures as one text."""
    return " ".join(run_conclusion.conclusion(results, **more) or ())


ERRORS = {"less": 20, "alike": 38, "more": 70}
NLL = {"less": -0.1, "alike": -0.02, "more": 0.1}


def figures_of(errors: int, nll: float, **more: Any) -> dict[str, Any]:
    return {
        "network": "mlp-30",
        "parameters": 2260,
        "test_errors": errors,
        "test_images": 360,
        "test_nll": nll,
        **more,
    }


def run(
    student: int = 28,
    twin: int = 39,
    nll: float = 0.3,
    apart: float = -0.1,
    error: float | None = 0.02,
    **more: Any,
) -> dict[str, Any]:
    """A run's results: the student's NLL and how far it is above its twin's, with the standard error of that."""
    paired = {} if error is None else {"nll_difference": {"mean": apart, "standard_error": error}}
    return {
        "teacher": figures_of(8, 0.1) | {"parameters": 112_510},
        "twin": figures_of(twin, nll - apart),
        "student": figures_of(student, nll, **paired, **more),
    }


KINDS = [
    ("less", "less", "gained both: it errs less than its twin, and knows better how sure to be"),
    ("less", "alike", "errs less than its twin; by NLL the two cannot be told apart"),
    ("less", "more", "errs less than its twin, but its probabilities say less"),
    ("alike", "less", "errs as often as its twin, as far as these images tell, and knows better when it errs"),
    ("alike", "alike", "gained neither: these images cannot tell it from its twin, by errors or by NLL"),
    ("alike", "more", "gained neither: it errs as often as its twin, as far as these images tell, and its probabilities say less"),
    ("more", "less", "errs more than its twin, but knows better how sure to be"),
    ("more", "alike", "gained neither: it errs more than its twin, and by NLL the two cannot be told apart"),
    ("more", "more", "gained neither: it errs more than its twin, and its probabilities say less"),
]  # fmt: skip


@pytest.mark.parametrize(("errors", "nll", "said"), KINDS, ids=[f"{e}-{n}" for e, n, _ in KINDS])
def test_each_kind_has_a_sentence_of_its_own(errors: str, nll: str, said: str) -> None:
    sentences = conclusion(run(ERRORS[errors], apart=NLL[nll]))
    assert sentences.startswith(f"The student {said}.")
    assert sentences.count(BY_CHANCE) == (errors, nll).count("alike"), (
        "beside each difference that it is true of"
    )


def test_no_two_kinds_read_alike() -> None:
    assert len(set(VERDICTS.values())) == len(VERDICTS) == 12


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ("less", "The student errs less than its twin. "),
        ("alike", "By their errors these images cannot tell the student from its twin. "),
        ("more", "The student errs more than its twin. "),
    ],
)
def test_of_a_run_that_did_not_keep_the_spread_the_nll_is_said_and_not_claimed(
    errors: str, said: str
) -> None:
    sentences = conclusion(run(ERRORS[errors], error=None))
    assert sentences.startswith(said)
    assert "The student's NLL is 0.300, its twin's 0.400: \N{MINUS SIGN}0.100 nats per image" in sentences
    assert "did not keep what would tell that from chance" in sentences


def test_much_better_is_said_of_half_the_nll() -> None:
    assert "knows much better when it errs" in conclusion(run(38, nll=0.1, apart=-0.1))
    assert "knows better when it errs" in conclusion(run(38, nll=0.11, apart=-0.1))


def test_the_figures_are_said_with_their_differences() -> None:
    said = conclusion(run(28, nll=0.3, apart=-0.1))
    assert (
        "On 360 test images the student (mlp-30, distilled) made 28 errors, its twin (the same, labels only) 39."
        in said
    )
    assert "Student \N{MINUS SIGN} twin: \N{MINUS SIGN}11 errors (\N{MINUS SIGN}3.1 points)." in said
    assert (
        "The student's NLL is 0.300, its twin's 0.400: \N{MINUS SIGN}0.100 ± 0.020 nats per image (± its standard error over the images), lower is better."
        in said
    )
    assert "The teacher made 8 errors with 50 times the student's parameters." in said
    assert "one seed" in said
    assert "Student \N{MINUS SIGN} twin: +25 errors (+6.9 points)." in conclusion(run(64))
    assert "That is no difference." in conclusion(run(39))


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ((801, 1053), "Of the 1,053 test images of 3, which neither was shown, the student recognises 252, its twin 0."),
        ((0, 52), "Of the 1,053 test images of 3, which neither was shown, the student recognises 1,053, its twin 1,001."),
    ],
)  # fmt: skip
def test_what_both_recognise_of_a_left_out_class_is_said(errors: tuple[int, int], says: str) -> None:
    results = run() | {"dataset": {"classes": [*"0123456789"]}}
    assert "neither was shown" not in conclusion(results), "an older run is silent about it"
    for role, wrong in zip(("student", "twin"), errors, strict=True):
        results[role]["test_omitted"] = {"classes": [3], "images": 1053, "errors": wrong}
    assert says in conclusion(results)
    results["student"]["test_omitted"] = results["twin"]["test_omitted"] | {"images": 0, "errors": 0}
    assert "neither was shown" not in conclusion(results), "there is nothing to recognise"


def test_the_digits_are_those_of_the_standard_error() -> None:
    assert [NllDifference(-0.1, error).digits for error in (0.9, 0.02, 0.004, 0.0006, 1e-7)] == [
        3,
        3,
        3,
        4,
        4,
    ]
    assert NllDifference(-0.1, None).digits == 3
    assert NllDifference(0.0, 0.0).digits == 3


def test_both_measures_are_corrected_together() -> None:
    """Each alone would be told at 5 %; of two at once the stronger is held against 2.5 %."""
    t = 2.0615
    alone = run(38, apart=-0.02 * t)
    assert compared(alone["student"], alone["twin"]).nll == "alike"
    errors = run(39 - 17, 39, apart=0.0)
    assert compared(errors["student"], errors["twin"]).errors == "alike", (
        "17 of sqrt(61): p = 3 %, and two are asked"
    )
    both = run(20, apart=-0.02 * t)
    assert compared(both["student"], both["twin"]) == BesideTwin("less", "less"), (
        "the second is held against 5 %"
    )


def test_two_networks_that_are_the_same_are_told_apart_by_nothing() -> None:
    same = run(39, apart=0.0, error=0.0)
    assert compared(same["student"], same["twin"]) == BesideTwin("alike", "alike")


def test_no_teacher_is_mentioned_that_was_not_asked() -> None:
    assert "distilled" in conclusion(run())
    said = conclusion({who: found for who, found in run().items() if who != "teacher"})
    assert "the student (mlp-30) made" in said
    assert "teacher" not in said
    assert "distilled" not in said


def test_changes_stops_and_what_was_found_are_told() -> None:
    assert "changed while it ran" in conclusion(run(), changed=True)
    assert "stopped before its end" in conclusion(run(), stopped=True)
    assert "trained in run abc" in conclusion(run() | {"twin_run": "abc"})
    assert "an earlier run trained it" in conclusion(run() | {"preparation_found": True})


def test_nothing_is_said_without_results() -> None:
    assert conclusion({}) == conclusion({"seconds": {}}) == ""


def test_probabilities_that_say_nothing_are_marked_with_what_a_fitted_temperature_makes_of_them() -> None:
    figures = {"fitted_temperature": 0.0312, "test_nll_fitted": 0.0617}
    found = run(20, nll=2.232, apart=1.9, **figures)
    said = conclusion(found, uncalibrated="nothing says how large its logits should be.")
    assert "cannot be taken at their word: nothing says how large its logits should be. NLL 2.23; 0.062 after dividing its logits by T = 0.031, fitted on validation." in said  # fmt: skip
    assert "word" not in conclusion(found), "of a student whose loss fixes them"
    assert fitted_sentence(run()["student"]) == "", "of a run that fitted none"


def test_one_error_is_one_error() -> None:
    assert "made 1 error, its" in conclusion(run(1))
    none = run(0, 0)
    assert compared(none["student"], none["twin"]).errors == "alike"


def test_where_some_classes_are_much_commoner_the_rare_ones_are_told() -> None:
    results = run() | {"dataset": {"classes": ["cat", "dog"], "test_class_images": [198, 4]}}
    assert "counted alike" not in conclusion(results), "an older run is silent about it"
    results["student"] |= {"test_class_errors": [1, 3], "test_balanced_error": 0.3775}
    results["twin"] |= {"test_class_errors": [0, 4], "test_balanced_error": 0.5}
    assert (
        "The classes have 4 to 198 test images, so the error tells mostly of the common ones. With every class counted alike "
        "the student errs on 37.8 %, its twin on 50.0 %; what the student recognises least is dog: 1 of 4, its twin 0."
    ) in conclusion(results)
