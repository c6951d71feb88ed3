"""The figures of all measured methods: what is placed where, and what may be claimed."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.method_differences import measured_rows, method_difference_frame, method_difference_spec
from dashboard.charts.method_size_accuracy import method_size_accuracy_frame, method_size_accuracy_spec
from dashboard.data import method_cards, torch_imports
from kdcore.experiment import Experiment
from kdcore.studies.converged_budget import ConvergedBudget, MeasuredBudget
from kdcore.studies.method_comparison import Comparison, Row

SIZES = {"teacher": 400_000, "twin": 9_000, "student": 9_000}
TITLES = {"soft-targets": "Soft targets", "hint": "Hint", "flow": "Flow", "relational": "Relational"}


def row(method: str, student: tuple[int, ...], **changes: object) -> Row:
    fields = {"images": 1000, "parameters": SIZES, "teacher_errors": 10} | changes
    return Row(method, student, (40, 44, 42), (1.0, 1.0, 1.0), **fields)  # type: ignore[arg-type]


COMPARISON = Comparison(
    "mnist",
    "python -m kdcore compare",
    Experiment.from_flat({"dataset": "mnist", "count": 5000}),
    (
        row("hint", (50, 50, 50)),
        row("soft-targets", (30, 33, 33)),
        row("relational", (41, 40, 44), parameters=SIZES | {"student": 4_000}),
        Row("flow", refused="This method compares maps."),
    ),
)


def of_kind(comparison: Comparison, kind: str) -> dict[str, tuple[Any, ...]]:
    frame = method_size_accuracy_frame(comparison, TITLES)
    return {
        r["label"]: (r["parameters"], r["accuracy"]) for r in frame[frame["kind"] == kind].to_dict("records")
    }


def test_everybody_stands_at_its_size_and_mean_accuracy() -> None:
    assert of_kind(COMPARISON, "teacher") == {"teacher": (400_000, pytest.approx(99.0))}
    assert of_kind(COMPARISON, "twin") == {"twin": (9_000, pytest.approx(95.8))}
    assert of_kind(COMPARISON, "student") == {
        "Soft targets": (9_000, pytest.approx(96.8)),
        "Hint": (9_000, pytest.approx(95.0)),
        "Relational": (4_000, pytest.approx(100 - 12.5 / 3)),
    }


def test_arrows_lead_from_the_twin_up_to_the_best_and_down_to_the_worst() -> None:
    frame = method_size_accuracy_frame(COMPARISON, TITLES)
    arrows = frame[frame["kind"] == "arrow"].to_dict("records")
    assert [(a["label"], a["up"]) for a in arrows] == [("Soft targets", True), ("Hint", False)]
    assert all((a["begin"], a["floor"]) == (9_000, pytest.approx(95.8)) for a in arrows)


def test_one_method_alone_has_one_arrow_and_no_teacher_where_none_answered() -> None:
    alone = Comparison("x", "", COMPARISON.experiment, (row("hint", (1, 2, 3), teacher_errors=None),))
    assert len(of_kind(alone, "arrow")) == 1
    assert of_kind(alone, "teacher") == {}


@pytest.mark.parametrize("best", [(41, 42, 42), (12, 12, 12)])
def test_labels_keep_apart_near_the_twin_and_near_the_teacher(best: tuple[int, ...]) -> None:
    close = Comparison("x", "", COMPARISON.experiment, (row("hint", (42, 42, 42)), row("soft-targets", best)))
    frame = method_size_accuracy_frame(close, TITLES)
    places = sorted(frame[frame["kind"] == "text"]["place"])
    shares = frame["accuracy"]
    gap = 0.06 * (shares.max() - shares.min())
    assert all(b - a >= 0.99 * gap for a, b in itertools.pairwise(places))


def test_methods_are_ranked_by_their_mean_difference_with_a_dot_a_seed() -> None:
    assert [r.method for r in measured_rows(COMPARISON)] == ["soft-targets", "relational", "hint"]
    frame = method_difference_frame(COMPARISON, TITLES)
    assert list(dict.fromkeys(frame["label"])) == ["Soft targets", "Relational", "Hint"]
    seeds = frame[(frame["kind"] == "seed") & (frame["label"] == "Soft targets")]["difference"]
    assert seeds.tolist() == pytest.approx([-1.0, -1.1, -0.9])
    [mean] = frame[(frame["kind"] == "mean") & (frame["label"] == "Soft targets")].to_dict("records")
    assert mean["text"] == "−1.00 ± 0.06"
    assert (mean["low"], mean["high"]) == pytest.approx((-1 - 0.1 / 3**0.5, -1 + 0.1 / 3**0.5))


def test_only_what_may_be_claimed_is_filled_and_the_others_say_how_many_seeds_could_tell() -> None:
    frame = method_difference_frame(COMPARISON, TITLES)
    means = frame[frame["kind"] == "mean"].set_index("label")
    assert means["claimed"].to_dict() == {"Soft targets": True, "Relational": False, "Hint": True}
    assert means["claim"]["Soft targets"] == "fewer errors"
    assert means["claim"]["Hint"] == "more errors"
    assert re.fullmatch("[0-9]+ seeds could tell|more than 50 seeds needed", means["claim"]["Relational"])


def test_what_alone_could_be_claimed_is_not_filled_among_many() -> None:
    clear, unclear = row("soft-targets", (32, 33, 35)), row("hint", (41, 40, 46))
    alone = Comparison("x", "", COMPARISON.experiment, (clear,))
    many = Comparison(
        "x", "", COMPARISON.experiment, (clear, *(replace(unclear, method=f"m{i}") for i in range(38)))
    )
    for comparison, claimed in ((alone, True), (many, False)):
        frame = method_difference_frame(comparison, TITLES)
        means = frame[frame["kind"] == "mean"].set_index("label")
        assert means["claimed"]["Soft targets"] == claimed


def test_one_seed_says_so() -> None:
    one = Row("hint", (50,), (40,), (1.0,), images=1000, parameters=SIZES)
    frame = method_difference_frame(Comparison("x", "", COMPARISON.experiment, (one,)), TITLES)
    assert frame[frame["kind"] == "mean"]["claim"].tolist() == ["one seed"]


def test_specifications_do_not_depend_on_the_data_but_for_the_height() -> None:
    assert method_difference_spec("dark", 3) | {"height": 0} == method_difference_spec("dark", 9) | {
        "height": 0
    }
    assert method_size_accuracy_spec("light") != method_size_accuracy_spec("dark")


def test_the_reference_page_shows_all_measured_methods(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    torch_imports._import()
    monkeypatch.setattr(method_cards, "comparisons", lambda: [COMPARISON])
    page = AppTest.from_string("from dashboard.views.reference import page\n\npage()\n", default_timeout=120)
    page.run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 2, "the figure of all methods comes first"
    assert "test images" in page.subheader[0].value
    assert "epoch" in page.subheader[0].value
    assert any("Not with these networks: Flow" in str(caption.value) for caption in page.caption)

    page.segmented_control(key="view.choice").set_value("cards").run()
    assert not page.exception
    assert page.query_params["view"] in ("cards", ["cards"])
    assert page.radio


def test_a_comparison_says_whether_its_twin_had_converged_and_how_that_was_found(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch_imports._import()
    tried = (MeasuredBudget(20, {0.03: 43}, (40, 44, 42)), MeasuredBudget(40, {0.03: 42}, (41, 44, 41)))
    tuned = row("hint", (30, 33, 33), learning_rate=0.1, by_rate={"0.1": 30}, val_errors_at_half=31)
    converged = Comparison("long", "", COMPARISON.experiment, (tuned,), ConvergedBudget(tried))
    monkeypatch.setattr(method_cards, "comparisons", lambda: [converged, COMPARISON])
    page = AppTest.from_string("from dashboard.views.reference import page\n\npage()\n", default_timeout=120)
    page.run()
    assert not page.exception
    captions = [str(caption.value) for caption in page.caption]
    [long, _hurry] = [n for n, text in enumerate(captions) if "converged at" in text or "In a hurry" in text]
    assert "converged at 20 epochs" in captions[long], "it comes first"
    tables = "".join(element.proto.body for element in page.get("html"))
    assert "0.03: 43" in tables, "the search for the budget"
    assert "0.1: 30" in tables, "the method's own search"


def test_without_measurements_the_page_offers_no_figures(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch_imports._import()
    monkeypatch.setattr(method_cards, "comparisons", list)
    page = AppTest.from_string("from dashboard.views.reference import page\n\npage()\n", default_timeout=120)
    page.query_params["view"] = "figures"
    page.run()
    assert not page.exception
    assert page.radio
