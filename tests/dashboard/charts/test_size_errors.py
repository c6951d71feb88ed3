"""Errors against size: who stands on the frontier."""

from __future__ import annotations

from dataclasses import replace

from dashboard.charts.size_errors import size_errors_frame, size_errors_spec
from kdcore.compression.small_network import SmallNetwork

TEACHER = SmallNetwork("teacher", "as it is", 8, 360, 0.07, 22_510, 99_600, 86_400, {1: 1e-5, 128: 1e-4})


def test_on_the_frontier_is_what_no_other_beats_in_size_and_errors() -> None:
    rows = [
        TEACHER,
        replace(TEACHER, how="in int8", packed=28_400),
        replace(TEACHER, role="student", errors=23, packed=10_900),
        replace(TEACHER, role="twin", errors=42, packed=10_880),
        replace(TEACHER, role="student", how="in int8", errors=24, packed=5_600),
    ]
    frame = size_errors_frame(rows)
    assert frame["best"].tolist() == [False, True, True, False, True]
    assert frame["x"].tolist()[0] == 86.4
    assert frame["name"].tolist()[1] == "teacher, in int8"


def test_two_that_are_alike_both_stand_on_it() -> None:
    assert size_errors_frame([TEACHER, replace(TEACHER, how="in int8")])["best"].all()


def test_names_are_left_out_where_there_is_no_room() -> None:
    *_, text = size_errors_spec("light")["layer"]
    assert "width < 500" in text["mark"]["opacity"]["expr"]
