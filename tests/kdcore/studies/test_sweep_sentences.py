"""A sweep's sentences say what its figures support and no more, of errors and of NLL, and what more seeds could tell."""

from __future__ import annotations

import re

import pytest

from kdcore.studies.sweep_findings import SettingErrors, findings
from kdcore.studies.sweep_headline import headline
from kdcore.studies.sweep_sentences import SENTENCES, details, sentence
from tests.kdcore.studies.small_sweeps import tried


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            [tried(t, (10, 12, 11)) for t in (1, 2, 8)],
            "By the errors every other setting may be as good as T = 1, the best on validation, at 3 seeds. Every setting errs less than its twin.",
        ),
        (
            [tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5), tried(4, (11, 11, 12)), tried(8, (12, 10, 11))],
            "By the errors T = 4 and 8 may be as good as T = 2, the best on validation, at 3 seeds. T = 1: more errors than T = 2.",
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
        "By the errors every other setting may be as good as T = 2, the best on validation, at 2 seeds."
        in said
    )
    assert asked is not None
    assert "T = 2 errs less than every other setting at 5 seeds" in sentence(findings(more))


def test_who_is_not_yet_told_from_the_twin_is_named_with_the_seeds_that_could_tell() -> None:
    """That T = 1 is said to gain must not read as if T = 2 did not."""
    unclear = tried(2, (10, 12, 11, 10), 5, twin=(25, 14, 30, 12))
    said = sentence(findings([tried(1, (10, 12, 11, 12)), unclear]))
    told = re.search(
        r"T = 1: fewer errors than the twin\. T = 2: fewer errors are not shown yet at 4 seeds; (\d+) seeds could tell\.",
        said,
    )
    assert told is not None
    assert 4 < int(told[1]) <= 50
    hopeless = tried(4, (10, 12, 11, 10), twin=(11, 12, 10, 10))
    both = sentence(findings([tried(1, (10, 12, 11, 12)), unclear, hopeless]))
    assert re.search(
        r"T = 2 and 4: fewer errors are not shown yet at 4 seeds; \d+ seeds could tell of T = 2\.", both
    )
    alone = sentence(findings([tried(1, (10, 12, 11, 12)), hopeless]))
    assert "T = 4: fewer errors are not shown yet at 4 seeds. " in alone


def test_the_answer_comes_first_and_each_measure_has_a_text_of_its_own() -> None:
    nll = {"nll": (0.1, 0.11, 0.1), "twin_nll": (0.3, 0.311, 0.302)}
    result = findings([tried(1, (30, 33, 31), **nll), tried(2, (10, 12, 11), 5, **nll)])
    by_errors, by_nll, *_more = details(result)
    assert sentence(result).startswith(f"{headline(result)} {by_errors} {by_nll}")
    assert "NLL" not in by_errors
    assert "err" not in by_nll.replace("standard error", "")
    assert details(findings([tried(1, (5,)), tried(2, (50,), 5)])) == []


def test_where_no_number_in_reach_could_tell_that_is_said() -> None:
    said = sentence(findings([tried(1, (50, 60, 71), twin=(61, 50, 69))]))
    assert said.endswith("More than 50 seeds would be needed to tell more.")


def test_every_measure_has_its_own_words() -> None:
    texts = [[v for v in vars(one).values() if isinstance(v, str)] for one in SENTENCES.values()]
    assert not {*texts[0]} & {*texts[1]}
    assert all("err" in text.lower() for text in texts[0] if "{mean}" not in text)
    assert all("NLL" in text for text in texts[1] if "{mean}" not in text)
