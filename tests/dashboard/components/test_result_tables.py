"""The table of a run's test figures: a column for the truth where it is known, and none where it is not."""

from __future__ import annotations

from typing import Any

from dashboard.components.result_tables import test_table as table_of


def results(**more: float) -> dict[str, Any]:
    tested = {
        "test_errors": 50,
        "test_images": 1000,
        "test_accuracy": 0.95,
        "test_nll": 0.2,
        "test_ece": 0.01,
    }
    return {"twin": tested | more, "student": tested | {name: v / 2 for name, v in more.items()}}


def test_where_the_truth_is_known_everyone_is_compared_with_it() -> None:
    facts = {"images": {"test": 1000}, "truth": {"errors": 47, "nll": 0.1034, "entropy": 0.1}}
    html = table_of(results(test_truth_kl=0.1234) | {"dataset": facts})
    assert "KL to the truth" in html
    assert "0.123" in html
    assert "−0.062" in html, "the student's difference to its twin"
    assert "would err on 47 of 1,000, with an NLL of 0.103" in html


def test_where_nobody_knows_the_truth_nothing_is_said_of_it() -> None:
    html = table_of(results() | {"dataset": {"images": {"test": 1000}}})
    assert "truth" not in html
