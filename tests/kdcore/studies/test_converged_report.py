"""What stands beside the table of a comparison at the converged budget."""

from __future__ import annotations

from dataclasses import replace

from kdcore.studies.converged_budget import ConvergedBudget, MeasuredBudget
from kdcore.studies.converged_report import conclusion, details, evidence
from kdcore.studies.method_comparison import Row

TEN = MeasuredBudget(10, {0.03: 140, 0.1: 150}, (140, 160))
TWENTY = MeasuredBudget(20, {0.03: 101, 0.1: 120}, (101, 111))
FORTY = MeasuredBudget(40, {0.03: 99, 0.1: 130}, (99, 109))
ROW = Row(
    "hint",
    (90, 92),
    (100, 101),
    student_ece=(0.01, 0.02),
    twin_ece=(0.03, 0.04),
    student_agreement=(0.99, 0.98),
    twin_agreement=(0.97, 0.96),
    learning_rate=0.03,
    by_rate={"0.1": 99, "0.03": 90},
    val_errors=(90, 92),
    val_errors_at_half=110,
)


def test_the_evidence_has_every_budget_with_its_search() -> None:
    head, *lines = evidence(ConvergedBudget((TEN, TWENTY, FORTY)))
    assert len(head) == len(lines[0])
    assert lines[1] == ["20", "0.03: 101, 0.1: 120", "0.03", "106.0 ± 7.1"]


def test_the_conclusion_names_the_change_beside_the_spread() -> None:
    said = conclusion(ConvergedBudget((TEN, TWENTY, FORTY)))
    assert "converged at 20 epochs" in said
    assert "by 2.0, less than the 7.1" in said
    assert "has not converged at 20 epochs" in conclusion(ConvergedBudget((TEN, TWENTY)))


def test_the_means_of_all_seeds_stand_beside_the_search_where_more_than_one_rate_needed_them() -> None:
    one = details([replace(ROW, mean_by_rate={"0.03": 91.0})])[1]
    assert one[6] == "0.03: 90, 0.1: 99"
    both = details([replace(ROW, mean_by_rate={"0.03": 91.0, "0.1": 1833.8})])[1]
    assert both[6] == "0.03: 90 (91), 0.1: 99 (1834)"


def test_each_method_shows_its_calibration_agreement_and_search() -> None:
    head, line = details([ROW, Row("route", refused="It cannot run.")])
    assert len(head) == len(line)
    assert line == [
        "hint",
        "0.015",
        "0.035",
        "0.9850",
        "0.9650",
        "0.03",
        "0.03: 90, 0.1: 99",
        "110 (still falls)",
    ]
