"""The headline numbers of a run."""

from __future__ import annotations

import pytest

from dashboard.components.headline import headline_figures, headline_html
from kdcore.events import Validation
from tests.dashboard.fake_manager import FakeManager, curves_of


def test_the_headline_counts_errors_and_compares_with_the_twin(run: FakeManager) -> None:
    run.train("run0", 150)
    teacher, twin, student = headline_figures(curves_of(run))
    assert (teacher.errors, teacher.images) == (8, 400)
    assert twin.difference is None
    assert student.difference == pytest.approx((student.errors - twin.errors) / 400)
    html = headline_html([teacher, twin, student])
    assert "8 of 400" in html
    assert "points" in html
    assert "1 seed" in html


def test_the_headline_says_the_nll_and_how_far_it_is_from_the_twins(run: FakeManager) -> None:
    run.say("run0", Validation(1, 1.0, "twin", 40, 400, 0.4))
    run.say("run0", Validation(1, 1.0, "student", 40, 400, 0.25))
    teacher, twin, student = headline_figures(curves_of(run))
    assert (teacher.nll, twin.nll, student.nll) == (None, 0.4, 0.25)
    assert twin.nll_difference is None
    assert student.nll_difference == pytest.approx(-0.15)
    html = headline_html([teacher, twin, student])
    assert html.count("NLL") == 2
    assert "NLL 0.250</span> · <b>−0.150</b>" in html


def test_a_perfect_teacher_still_counts_its_images(run: FakeManager) -> None:
    run.say("run0", Validation(1, 1.0, "student", 4, 400, 0.1))
    run.say("run0", Validation(2, 2.0, "student", 0, 400, 0.1))
    student = headline_figures(curves_of(run))[2]
    assert (student.errors, student.images) == (0, 400)


def test_a_networks_name_is_escaped() -> None:
    from dashboard.components.headline import HeadlineFigure

    assert "<b>evil" not in headline_html([HeadlineFigure("<b>evil", 0.1, 1, 10)])
