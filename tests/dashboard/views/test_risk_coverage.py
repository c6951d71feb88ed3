"""Risk against coverage on the Dark knowledge page: its sentence, its curves, its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from dashboard.charts.risk_coverage_curve import risk_coverage_figure
from dashboard.data import network_metrics
from dashboard.data.network_metrics import risk_coverages
from dashboard.text.roles import role
from dashboard.views.dark_knowledge import risk_coverage
from kdcore.metrics.risk_coverage import RiskCoverage
from kdcore.metrics.risk_coverage import risk_coverage as metric
from tests.dashboard.views.test_dark_knowledge import network, some_networks


def test_the_sentence_says_share_and_count_of_student_twin_and_teacher() -> None:
    compared = some_networks()
    found = risk_coverages(compared)
    said = risk_coverage.coverage_sentence(compared, found)
    wrong = [round(float(one.errors[479])) for one in found]
    assert said == (
        f"Among the 80 % of which it is surest, the student errs on {100 * wrong[2] / 480:.1f} % ({wrong[2]} of 480), "
        f"its twin on {100 * wrong[1] / 480:.1f} % ({wrong[1]} of 480). "
        f"The teacher errs on {100 * wrong[0] / 480:.1f} % ({wrong[0]} of 480). This is one seed: another may differ."
    )
    assert "teacher" not in risk_coverage.coverage_sentence(*without_teacher())


def without_teacher() -> tuple[Any, Any]:
    compared = some_networks(600, 5, "twin", "student")
    return compared, risk_coverages(compared)


def test_networks_that_are_no_twins_are_listed() -> None:
    compared = some_networks()
    shown = tuple(network("teacher", one.classes, "teacher") for one in compared.shown)
    teachers = replace(compared, shown=tuple(replace(one, title=f"net {k}") for k, one in enumerate(shown)))
    said = risk_coverage.coverage_sentence(teachers, risk_coverages(teachers))
    assert said.startswith("Among the 80 % of which each is surest, they err: net 0 on ")
    assert "net 2 on" in said
    assert "seed" not in said


def curve_of(*wrong: int, images: int = 1000) -> RiskCoverage:
    """A network that errs on the images at these places, the surest first."""
    labels = torch.zeros(images, dtype=torch.long)
    labels[list(wrong)] = 1
    sure = torch.linspace(9, 1, images)
    return metric(torch.stack([sure, torch.zeros(images)], dim=1), labels)


@pytest.mark.parametrize(
    ("wrong", "share", "begin"),
    [((700,), 0.8, 0.6), ((850, 900), 0.9, 0.7), ((960,), 0.99, 0.8), ((995,), 0.99, 0.8), ((), 0.99, 0.0), ((0,), 0.8, 0.0)],
)  # fmt: skip
def test_sentence_and_axis_begin_where_somebody_errs(wrong: Any, share: float, begin: float) -> None:
    found = [curve_of(*wrong), curve_of()]
    assert risk_coverage.telling_share(found) == share
    assert risk_coverage._first_drawn(found) == pytest.approx(begin)


def test_a_curve_has_a_mark_at_each_tenth_and_ends_at_the_error() -> None:
    compared = some_networks()
    frame = risk_coverage.coverage_frame(compared, risk_coverages(compared))
    for name, wrong in zip(compared.names, network_metrics.errors(compared), strict=True):
        own = frame[frame["who"] == name]
        assert len(own) == 100
        assert own["coverage"].is_monotonic_increasing
        assert own.loc[own["marked"], "images"].tolist() == list(range(60, 601, 60))
        assert own["errors"].iloc[-1] == wrong
        assert own["risk"].iloc[-1] == pytest.approx(wrong / 600)
        assert own["confidence"].is_monotonic_decreasing


def test_few_images_make_few_points() -> None:
    compared = some_networks(12)
    frame = risk_coverage.coverage_frame(compared, risk_coverages(compared))
    assert frame.groupby("who")["images"].apply(list).tolist() == [list(range(1, 13))] * 3


def test_the_table_has_the_error_at_some_coverages_and_the_area() -> None:
    compared = some_networks()
    found = risk_coverages(compared)
    frame = risk_coverage.risk_frame(compared, found)
    assert list(frame) == ["who", *(f"error at {c} %" for c in (100, 99, 95, 90, 80, 50)), "area"]
    assert frame["area"].tolist() == [one.area for one in found]
    assert frame["error at 50 %"][1] == float(found[1].risk[299])
    html = risk_coverage._table(compared, frame)
    assert html.count("<tr>") == 4
    assert f"{100 * found[0].area:.3f} %" in html


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_role_keeps_its_colour_its_dash_and_its_mark(theme: Any) -> None:
    compared = some_networks()
    frame = risk_coverage.coverage_frame(compared, risk_coverages(compared))
    roles = [role(name) for name in ("teacher", "twin", "student")]
    figure = risk_coverage_figure(theme, frame, roles, 0.3, 0.5, 0.8)
    assert tuple(figure.layout.xaxis.range) == (0.3, 1.005)
    lines, marks = figure.data[::2], figure.data[1::2]
    assert [line.line.color for line in lines] == [one.colour(theme) for one in roles]
    assert [line.line.dash for line in lines] == [
        ",".join(f"{length}px" for length in one.dash) or "solid" for one in roles
    ]
    assert [line.line.width for line in lines] == [one.width for one in roles]
    assert [mark.marker.symbol for mark in marks] == [one.shape for one in roles]
    assert {len(mark.x) for mark in marks} == {8}, "at each tenth from 30 % on"
    assert figure.layout.shapes[0].x0 == 0.8


def test_what_is_read_off_names_every_network_with_its_errors() -> None:
    compared = some_networks()
    found = risk_coverages(compared)
    said = risk_coverage.read_off(compared, found, 0.5)
    assert said.startswith("Among the 50 % of which each is surest, they err: ")
    for name, one in zip(compared.names, found, strict=True):
        assert f"{name} on " in said
        assert f"({round(float(one.errors[299]))} of 300)" in said
