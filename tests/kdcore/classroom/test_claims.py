"""Claims are read as they are written, and what cannot be read is said with what could stand there."""

from __future__ import annotations

import pytest

from kdcore.classroom.claims import (
    MOST_CLAIMS,
    ClaimFigure,
    ClaimScope,
    ClaimSeeds,
    CountClaim,
    FigureClaim,
    SettingClaim,
    read_claim,
    read_claims,
)
from kdcore.errors import HandInRefused
from tests.manual import ROOT

STUDENT, TWIN = ClaimFigure("errors", "student"), ClaimFigure("errors", "twin")


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (
            "errors(student) < errors(twin), 3 seeds",
            FigureClaim("", ClaimScope(), STUDENT, "<", TWIN, ClaimSeeds(3)),
        ),
        (
            "errors(student)<errors(twin) on digits, seeds 0..4",
            FigureClaim("", ClaimScope("digits"), STUDENT, "<", TWIN, ClaimSeeds(5, (0, 1, 2, 3, 4))),
        ),
        (
            "nll(student) <= 0.10 on mnist 5000",
            FigureClaim("", ClaimScope("mnist", 5000), ClaimFigure("nll", "student"), "<=", 0.10),
        ),
        (
            "accuracy( teacher ) >= 9.5e-1",
            FigureClaim("", ClaimScope(), ClaimFigure("accuracy", "teacher"), ">=", 0.95),
        ),
        ("T in 2..8", SettingClaim("", ClaimScope(), "temperature", "in", 2.0, 8.0)),
        ("T in 0.5..2.5", SettingClaim("", ClaimScope(), "temperature", "in", 0.5, 2.5)),
        ("epochs <= 40", SettingClaim("", ClaimScope(), "epochs", "<=", 40.0)),
        ("teacher_epochs < 5 on digits", SettingClaim("", ClaimScope("digits"), "teacher_epochs", "<", 5.0)),
        ("method = soft-targets", SettingClaim("", ClaimScope(), "method", "=", "soft-targets")),
        ("weight = 1", SettingClaim("", ClaimScope(), "teacher_weight", "=", 1.0)),
        ("runs >= 3", CountClaim("", "runs", "", ">=", 3.0)),
        ("predictions(dark-knowledge) >= 3", CountClaim("", "predictions", "dark-knowledge", ">=", 3.0)),
        ("reflections() = 2", CountClaim("", "reflections", "", "=", 2.0)),
    ],
)
def test_a_claim_is_read(text: str, claim: FigureClaim | SettingClaim | CountClaim) -> None:
    read = read_claim(text)
    assert read.text == text
    assert {**vars(read), "text": ""} == vars(claim)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("the student is better", "is no claim. A claim reads like"),
        ("errs(student) < 3", "'errs' is no figure. There are: errors, nll"),
        ("errors(peer) < 3", "'peer' is no network"),
        ("errors(student) < nll(twin)", "the same figure on both sides"),
        ("errors(student)", "needs one of <, <="),
        ("1 < errors(student) < 3", "needs one of <, <="),
        ("errors(student) < few", "neither a number nor a figure"),
        ("errors(student) < errors(twin), 1 seed", "takes 2 to 50 seeds"),
        ("errors(student) < errors(twin), seeds 0..99999999", "takes 2 to 50 seeds"),
        ("errors(student) < errors(twin), many seeds", "seeds are said at the end"),
        ("accuracy(student) > accuracy(twin), 3 seeds", "over seeds a claim says"),
        ("errors(student) = errors(twin), 3 seeds", "over seeds a claim says"),
        ("T in 2..8, 3 seeds", "leave the seeds out"),
        ("T in 8..2", "is empty"),
        ("heat <= 3", "'heat' is no setting of a run. There are: T, dataset"),
        ("method <= soft-targets", "<= takes a number"),
        ("method <= 3", "'method' is no number"),
        ("runs >= many", "held against a number"),
        ("predictions(a) >= 3, 3 seeds", "held against a number"),
        ("errors(student) < 10000000000000000000000000", "neither a number nor a figure"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text: str, says: str) -> None:
    with pytest.raises(HandInRefused, match=r"Line 2 of the claims: ") as refused:
        read_claims(f"# a remark\n{text}\n")
    assert says in str(refused.value)


def test_what_stands_below_hidden_is_the_lecturers() -> None:
    read = read_claims("T in 2..8  # warm\n\nhidden:\nepochs <= 40\n")
    assert [claim.text for claim in read.claims(public=True)] == ["T in 2..8"]
    assert [claim.text for claim in read.claims(public=False)] == ["T in 2..8", "epochs <= 40"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# nothing\n", "no claim in the file"),
        ("runs > 0\n" * (MOST_CLAIMS + 1), "at most are checked"),
        ("#" * 200_000, "more than"),
    ],
)
def test_a_file_has_bounds(text: str, says: str) -> None:
    with pytest.raises(HandInRefused, match=says):
        read_claims(text)


def test_the_examples_claims_are_read() -> None:
    example = read_claims((ROOT / "docs/assignment/few-labels.txt").read_text("utf-8"))
    assert len(example.public) == 8
    assert len(example.hidden) == 2
