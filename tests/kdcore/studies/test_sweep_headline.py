"""The one line that answers a sweep: it names the best settings, or says that none can be called best, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from kdcore.studies.sweep_findings import SettingErrors, findings
from kdcore.studies.sweep_headline import at_the_edge, beyond_the_edge, headline
from tests.kdcore.studies.small_sweeps import tried

FEW, MANY = (10, 12, 11), (60, 63, 61)
NOTHING = "No setting can be called best yet: at 3 seeds the differences between them may be chance."


def varied(
    settings: Sequence[dict[str, Any]], errs: Sequence[tuple[int, ...]], best: int
) -> list[SettingErrors]:
    """Settings with their errors by seed; the one at `best` has the fewest on validation."""
    return [
        replace(tried(1, errors, 5 if place == best else 10), setting=setting)
        for place, (setting, errors) in enumerate(zip(settings, errs, strict=True))
    ]


def of(name: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


GRID = [{"temperature": t, "teacher_weight": w} for t in (1, 2, 4) for w in (0.1, 0.9)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (varied(of("temperature", (1, 2, 4, 8, 20)), [MANY, MANY, FEW, FEW, FEW], 4), "Best: T = 20. T = 4 and 8 may be as good; T = 1 and 2 err more."),
        (varied(of("temperature", (1, 2, 4)), [MANY, FEW, FEW], 1), "Best: T = 2. T = 4 may be as good; T = 1 errs more."),
        (varied(of("temperature", (1, 2, 4)), [FEW, MANY, FEW], 2), "Best: T = 4. T = 1 may be as good; T = 2 errs more."),
        (varied(of("temperature", (1, 2, 4)), [MANY, MANY, FEW], 2), "Best: T = 4; all others err more."),
        (varied(of("temperature", (1, 2)), [MANY, FEW], 1), "Best: T = 2; T = 1 errs more."),
        (varied(of("temperature", (1, 2, 4)), [FEW, FEW, FEW], 2), NOTHING),
        (varied(of("temperature", (1, 2)), [FEW, MANY], 1), "No setting can be called best: on the test images T = 1 errs less than T = 2, the best on validation."),
        (varied(of("method", ("labels-only", "soft-targets", "decoupled")), [MANY, FEW, FEW], 1), "Best: soft-targets. decoupled may be as good; labels-only errs more."),
        (varied(of("student", ("mlp-10", "mlp-30", "mlp-100")), [MANY, MANY, FEW], 2), "Best: mlp-100; all others err more."),
        (varied(of("count", (50, 100, None)), [MANY, FEW, FEW], 2), "Best: images = all. images = 100 may be as good; images = 50 errs more."),
        (varied(of("omit", ((), (3,), (3, 4))), [FEW, MANY, MANY], 0), "Best: omit = none; all others err more."),
        (varied(of("schedule", "abcdefg"), [FEW, FEW, FEW, FEW, FEW, FEW, MANY], 0), "Best: schedule = a. 5 others may be as good; schedule = g errs more."),
        (varied(GRID, [MANY, FEW] * 3, 1), "Best: T = 1, weight on teacher = 0.9. 2 others may be as good; all others err more."),
        (varied(GRID, [FEW] * 6, 1), NOTHING),
    ],
)  # fmt: skip
def test_the_answer_names_the_best_of_whatever_is_varied(settings: list[SettingErrors], said: str) -> None:
    assert headline(findings(settings)) == said


@pytest.mark.parametrize(
    ("values", "best", "said"),
    [
        ((1.0, 4.0, 20.0), 2, "Nothing above T = 20 was tried"),
        ((1.0, 4.0, 20.0), 0, "Nothing below T = 1 was tried"),
        ((1.0, 4.0, 20.0), 1, ""),
        ((1.0, 4.0, 100.0), 2, ""),  # T goes no higher
        ((0.25, 4.0, 20.0), 0, ""),
        ((1.0, 20.0), 1, ""),
    ],
)
def test_a_best_at_the_end_of_what_was_tried_asks_for_more(
    values: tuple[float, ...], best: int, said: str
) -> None:
    result = findings(varied(of("temperature", values), [FEW] * len(values), best))
    assert result is not None
    assert said in at_the_edge(result)
    assert bool(said) == bool(at_the_edge(result))


def test_names_have_no_end() -> None:
    result = findings(varied(of("student", ("mlp-10", "mlp-30", "mlp-100")), [FEW] * 3, 2))
    assert result is not None
    assert at_the_edge(result) == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([tried(1, (5,)), tried(2, (50,), 5)], "One seed tells no setting from another: take more seeds."),
        ([tried(1, (5,))], "One seed tells no student from its twin: take more seeds."),
        ([tried(4, FEW)], "T = 4: the student errs less than its twin."),
        ([tried(4, FEW, twin=(2, 3, 1))], "T = 4: the student errs more than its twin."),
        ([tried(4, FEW, twin=(12, 10, 11))], "T = 4: 3 seeds do not tell the student from its twin yet."),
        ([], ""),
    ],
)
def test_one_setting_is_compared_with_its_twin_and_one_seed_tells_nothing(
    settings: list[SettingErrors], said: str
) -> None:
    assert headline(findings(settings)) == said


def test_the_nll_answers_where_the_errors_tell_nothing() -> None:
    twin = (0.5, 0.51, 0.52)
    low, high = (0.10, 0.11, 0.10), (0.30, 0.312, 0.302)
    settings = [
        tried(1, FEW, nll=high, twin_nll=twin),
        tried(2, FEW, 5, nll=low, twin_nll=twin),
    ]
    assert headline(findings(settings)) == (
        "Best by the NLL, while the errors tell none apart: T = 2; it is higher with T = 1."
    )
    [one] = [tried(4, FEW, twin=(12, 10, 11), nll=low, twin_nll=high)]
    assert headline(findings([one])) == (
        "T = 4: the student has a lower NLL than its twin; the errors do not tell them apart yet."
    )


def test_a_best_that_errs_more_than_its_twin_is_no_gain() -> None:
    settings = [tried(1, MANY, twin=(2, 3, 1)), tried(2, (20, 22, 21), 5, twin=(2, 3, 1))]
    assert headline(findings(settings)) == "Best: T = 2; T = 1 errs more. Even T = 2 errs more than its twin."


@pytest.mark.parametrize(
    ("field", "values", "best", "further"),
    [
        ("temperature", (1, 4, 20), 2, [40, 80]),
        ("temperature", (1, 4, 60), 2, [100]),
        ("temperature", (1, 4, 20), 1, []),
        ("temperature", (1, 4, 20), 0, [0.5, 0.25]),
        ("teacher_weight", (0.1, 0.5, 0.9), 2, [1]),
        ("teacher_weight", (0, 0.5, 0.9), 0, []),
        ("epochs", (10, 20, 40), 2, [80, 160]),
        ("method", ("labels-only", "soft-targets", "decoupled"), 2, []),
    ],
)
def test_what_lies_beyond_the_last_value_tried_can_be_tried(
    field: str, values: Sequence[Any], best: int, further: list[float]
) -> None:
    errors = [MANY, MANY, MANY]
    errors[best] = FEW
    assert beyond_the_edge(findings(varied(of(field, values), errors, best))) == further
