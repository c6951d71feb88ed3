"""A sweep's sentences say what its figures support and no more, of errors and of NLL, and what more seeds could tell."""

from __future__ import annotations

import re

import pytest

from kdcore.studies.sweep_findings import SettingErrors, findings
from kdcore.studies.sweep_sentences import SENTENCES, sentence
from tests.kdcore.studies.small_sweeps import tried


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            [tried(t, (10, 12, 11)) for t in (1, 2, 8)],
            "No other setting can be told from T = 1, the best on validation, by the errors at 3 seeds. Every setting errs less than its twin.",
        ),
        (
            [tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5), tried(4, (11, 11, 12)), tried(8, (12, 10, 11))],
            "T between 4 and 8: no difference in errors from T = 2, the best on validation, can be claimed at 3 seeds. T = 1: more errors than T = 2, the best on validation.",
        ),
        (
            [tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5)],
            "T = 2 errs less than every other setting at 3 seeds.",
        ),
        (
            [tried(1, (5, 6, 5)), tried(2, (30, 32, 31), 5)],
            "T = 1: fewer errors than T = 2, the best on validation.",
        ),
        ([tried(1, (5,)), tried(2, (50,), 5)], "One seed tells no setting from another: take more seeds."),
        ([tried(1, (5, 6), twin=(5, 6))], "No setting is shown to err less than its twin."),
        ([tried(1, (35, 36, 36), twin=(2, 2, 3)), tried(2, (5, 6, 6))], "T = 1: more errors than the twin."),
        ([], ""),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_supported_and_no_more(settings: list[SettingErrors], said: str) -> None:
    assert said in sentence(findings(settings))


def test_a_gain_in_nll_alone_is_said_as_one() -> None:
    one = tried(4, (10, 12, 11), twin=(11, 10, 12), nll=(0.10, 0.11, 0.10), twin_nll=(0.30, 0.311, 0.302))
    said = sentence(findings([one]))
    assert (
        "No setting is shown to err less than its twin. Every setting has a lower NLL than its twin." in said
    )
    assert (
        "At T = 4 student \N{MINUS SIGN} twin is \N{MINUS SIGN}0.201 ± 0.001 nats on each of 360 test images"
        in said
    )


def test_the_sentence_changes_when_the_seeds_are_raised() -> None:
    few = [tried(1, (12, 15)), tried(2, (9, 11), 5)]
    more = [tried(1, (12, 15, 14, 15, 12)), tried(2, (9, 11, 11, 11, 9), 5)]
    said = sentence(findings(few))
    asked = re.search(r"(\d+) seeds could tell T = \d from (T = 2|its twin) by the errors\.$", said)
    assert (
        "No other setting can be told from T = 2, the best on validation, by the errors at 2 seeds." in said
    )
    assert asked is not None
    assert "T = 2 errs less than every other setting at 5 seeds" in sentence(findings(more))


def test_where_no_number_in_reach_could_tell_that_is_said() -> None:
    said = sentence(findings([tried(1, (50, 60, 71), twin=(61, 50, 69))]))
    assert said.endswith("More than 50 seeds would be needed to tell more.")


def test_every_measure_has_its_own_words() -> None:
    texts = [[v for v in vars(one).values() if isinstance(v, str)] for one in SENTENCES.values()]
    assert not {*texts[0]} & {*texts[1]}
    assert all("err" in text.lower() for text in texts[0] if "{mean}" not in text)
    assert all("NLL" in text for text in texts[1] if "{mean}" not in text)
