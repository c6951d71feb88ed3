"""What is printed of a reproduction: the paper's figures beside ours, the sign, and whether the claim holds."""

from __future__ import annotations

from kdcore.studies import reproduction_report
from kdcore.studies.reproduction_runs import judge
from tests.kdcore.studies.small_papers import TINY
from tests.kdcore.studies.test_reproduction_runs import measured_by_hand

CLEAR = measured_by_hand(
    {
        "warm": [(1100, 1050), (1110, 1061), (1105, 1054)],
        "hot": [(1100, 1102), (1110, 1108), (1105, 1110)],
    }
)


def test_a_row_a_claim_with_the_papers_figures_and_ours() -> None:
    head, first, second, third = reproduction_report.claim_table(CLEAR)
    assert head == ["the paper's claim", "the paper", "here", "difference", "verdict"]
    assert first == [
        "Taught warmly, it errs less than alone.",
        "1 % against 2 % (table 1)",
        "test errors: warm student 1,055 ± 6, labels only 1,105 ± 5",
        "−50 ± 1",
        "holds",
    ]
    assert second[-1] == "fails: not even the sign is the paper's"
    assert third[2].startswith("unlike its teacher: ")


def test_where_the_sign_is_right_and_seeds_are_few_it_says_how_many_could_tell() -> None:
    unsure = measured_by_hand({"warm": [(100, 90), (100, 99), (100, 95)], "hot": [(100, 90)] * 3})
    [text] = [reproduction_report.verdict_text(one) for one in judge(unsure)[:1]]
    assert text.startswith("fails: the sign is the paper's, these seeds cannot tell (")
    assert "seeds could tell" in text


def test_the_same_network_stands_once() -> None:
    rows = reproduction_report.network_table(CLEAR)[1:]
    assert [row[0] for row in rows] == ["warm: labels only (its twin)", "warm", "hot"]
    assert rows[1][2] == "1,055 ± 6"
    assert rows[1][4] == "", "what was not measured stays empty"


def test_the_report_says_how_many_claims_hold_and_what_differs() -> None:
    parts = list(reproduction_report.report(CLEAR))
    texts = "\n".join(part for part in parts if isinstance(part, str))
    held = sum(one.verdict.holds for one in judge(CLEAR))
    assert f"{held} of 3 claims hold, by a paired test at 5 % in all (seeds: 3)" in texts
    assert "of 1,000 test images" in texts
    assert TINY.citation in texts
    assert "- Everything." in texts


def test_it_is_said_in_the_readers_language() -> None:
    rows = reproduction_report.claim_table(CLEAR, lambda text: f"<{text}>")
    assert rows[0][0] == "<the paper's claim>"
    assert rows[1][0] == "<Taught warmly, it errs less than alone.>"
    assert rows[1][-1] == "<holds>"
