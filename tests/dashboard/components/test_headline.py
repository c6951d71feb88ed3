"""The headline numbers of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.components.headline import headline_figures, headline_html, run_headline_html
from kdcore.events import Validation
from tests.dashboard.fake_manager import RESULTS, FakeManager, curves_of


def test_the_headline_counts_errors_and_compares_with_the_twin(run: FakeManager) -> None:
    run.train("run0", 150)
    teacher, twin, student = headline_figures(curves_of(run))
    assert (teacher.errors, teacher.images) == (8, 400)
    assert twin.difference is None
    assert student.difference == student.errors - twin.errors < 0
    html = headline_html([teacher, twin, student])
    assert "8 of 400" in html
    assert f"<b>−{twin.errors - student.errors} errors</b>" in html
    assert "wrong on validation images" in html
    assert "1 seed" in html


def test_when_a_run_has_ended_the_headline_is_that_of_the_test_images(run: FakeManager) -> None:
    run.train("run0", 150)
    tested = replace(run.run("run0"), status="finished", results=RESULTS)
    html = run_headline_html(tested, curves_of(run))
    assert "28 of 400 · <b>−11 errors</b>" in html
    assert "NLL 0.280</span> · <b>−0.110</b>" in html
    assert "wrong on test images" in html
    assert "wrong on validation images" in run_headline_html(run.run("run0"), curves_of(run))
    cut_off = replace(tested, results={}, status="stopped")
    assert "wrong on validation images" in run_headline_html(cut_off, curves_of(run)), "it was not tested"


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


def test_where_some_classes_are_much_commoner_the_headline_counts_them_alike_too(run: FakeManager) -> None:
    uneven = {**RESULTS, "student": {**RESULTS["student"], "test_balanced_error": 0.385}}
    tested = replace(run.run("run0"), status="finished", results=uneven)
    assert "38.5 % with every class counted alike" in run_headline_html(tested, curves_of(run))
    assert "counted alike" not in run_headline_html(replace(tested, results=RESULTS), curves_of(run))


def test_of_a_run_that_left_a_class_out_it_says_that_no_bias_is_in_it(run: FakeManager) -> None:
    assert "without a bias" not in run_headline_html(run.run("run0"), curves_of(run))
    omitting = replace(run.run("run0"), experiment=run.run("run0").experiment.with_flat(omit=(8,)))
    assert "without a bias" in run_headline_html(omitting, curves_of(run))
    assert "without a bias" in run_headline_html(
        replace(omitting, status="finished", results=RESULTS), curves_of(run)
    )
