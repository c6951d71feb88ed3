"""The table at a run's end: figures by role, what a fitted temperature makes of them, and student minus twin."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from dashboard.components import result_tables
from tests.dashboard.fake_manager import RESULTS


def cells(results: dict[str, Any], *, uncalibrated: bool = False) -> list[list[str]]:
    html = result_tables.test_table(results, uncalibrated=uncalibrated)
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


def test_the_last_row_is_student_minus_twin_and_below_zero_is_better() -> None:
    head, *_, student, difference = cells(RESULTS)
    assert head == ["on the test images", "errors", "error", "NLL", "ECE", "fitted T", "NLL then"]
    assert student == ["▲ student", "28 of 400", "7.0 %", "0.280", "2.0 %", "1.5", "0.255"]
    assert difference == [
        "student − twin",
        "−11",
        "−2.8 points",
        "−0.110 ± 0.020",
        "0.0 points",
        "",
        "−0.100",
    ]


def test_an_old_run_has_no_columns_for_what_it_did_not_keep() -> None:
    old = deepcopy(RESULTS)
    for role in ("teacher", "twin", "student"):
        for name in ("fitted_temperature", "test_nll_fitted", "test_ece_fitted", "nll_difference"):
            old[role].pop(name, None)
    head, *_, difference = cells(old)
    assert head[-1] == "ECE"
    assert difference[3] == "−0.110"
    assert "standard error" not in result_tables.test_table(old, uncalibrated=False)


def test_below_the_table_stands_what_its_spread_is_of() -> None:
    note = result_tables.test_table(RESULTS, uncalibrated=False).partition("</table>")[2]
    assert "± after the NLL: the standard error over the 400 test images" in note
    assert "one seed has no spread" in note


def test_a_role_without_a_fitted_temperature_has_dashes_beside_those_that_have_one() -> None:
    mixed = deepcopy(RESULTS)
    del mixed["twin"]["fitted_temperature"], mixed["twin"]["test_nll_fitted"]
    rows = cells(mixed)
    assert rows[2][-2:] == ["–", "–"]
    assert rows[-1][-1] == "–"


def test_only_the_student_is_marked() -> None:
    assert "uncalibrated" not in str(cells(RESULTS))
    marked = cells(RESULTS, uncalibrated=True)
    assert [row[0] for row in marked if "uncalibrated" in row[0]] == ["▲ student uncalibrated"]


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
    html = result_tables.test_table(results(test_truth_kl=0.1234) | {"dataset": facts}, uncalibrated=False)
    assert "KL to the truth" in html
    assert "0.123" in html
    assert "−0.062" in html, "the student's difference to its twin"
    assert "would err on 47 of 1,000, with an NLL of 0.103" in html


def test_where_nobody_knows_the_truth_nothing_is_said_of_it() -> None:
    html = result_tables.test_table(results() | {"dataset": {"images": {"test": 1000}}}, uncalibrated=False)
    assert "truth" not in html


def test_where_some_classes_are_much_commoner_their_errors_are_counted_alike_too() -> None:
    uneven = results(test_balanced_error=0.42)
    *_, student, difference = cells(uneven)
    assert (student[-1], difference[-1]) == ("21.0 %", "−21.0 points")
    assert "classes alike" in cells(uneven)[0]
    assert "classes alike" not in cells(results())[0]
