"""Why a run came out as it did: from its own record, and silent where that says nothing."""

from __future__ import annotations

import pytest

from kdcore.experiment import Experiment
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.studies.run_explanation import TrainingFacts, explanation, training_facts

RESULTS = {
    "teacher": {"test_errors": 8},
    "student": {"test_nll": 0.2, "test_errors": 20},
    "twin": {"test_nll": 0.5, "test_errors": 42},
}


def point(role: str, series: str, value: float, phase: str = "students") -> Point:
    return Point(1, 1, 1.0, phase, role, series, value)


def test_the_facts_are_those_of_the_end() -> None:
    points = [
        point("twin", "loss.labels.raw", 9.0, "teacher"),
        *(point("twin", "loss.labels.raw", value) for value in (2.0, 0.1, 0.1, 0.1, 0.1, 0.6)),
        *(point("student", "grad.side.labels", value) for value in (1.0, 0.25)),
        *(point("student", "grad.side.teacher", value) for value in (0.1, 0.75)),
    ]
    events = [
        StoredEvent(1, "Pinned", "students", {"teacher_logits": [[0.0, 0.0], [0.0, 0.0]]}),
        StoredEvent(2, "HotChange", "students", {"setting": "temperature", "value": 8.0}),
    ]
    facts = training_facts(Experiment(), points, events)
    assert facts == TrainingFacts(pytest.approx(0.2), pytest.approx(0.5), 2, 8.0, pytest.approx(0.75))
    assert training_facts(Experiment(), [], []) == TrainingFacts(temperature=Experiment().temperature)


def test_softness_is_what_is_left_to_the_others_at_the_temperature() -> None:
    pinned = [StoredEvent(1, "Pinned", "students", {"teacher_logits": [[4.0, 0.0, 0.0]]})]
    at = [training_facts(Experiment().with_flat(temperature=t), [], pinned).softness for t in (0.25, 4.0)]
    assert at[0] == pytest.approx(2.25e-7, rel=0.01)
    assert at[1] == pytest.approx(2 / (2 + 2.71828), rel=1e-4)


@pytest.mark.parametrize(
    ("facts", "soft", "says"),
    [
        (TrainingFacts(0.01), True, ["labels had little left to teach: at the end the twin's loss was 0.01 on its own batches, and 0.5"]),
        (TrainingFacts(0.3), True, ["The labels were not used up"]),
        (TrainingFacts(None, 0.24, 6, 4.0, 0.63), True, ["At T = 4 the teacher leaves 24 % of its belief", "At the end 63 % of the student's gradient"]),
        (TrainingFacts(None, 0.0001, 6, 0.25), True, ["only 0.01 %", "hardly more than a label"]),
        (TrainingFacts(None, 0.24, 6, 4.0, 0.63), False, []),
        (TrainingFacts(), True, []),
    ],
)  # fmt: skip
def test_each_fact_has_a_sentence(facts: TrainingFacts, soft: bool, says: list[str]) -> None:
    said = explanation(facts, RESULTS, soft=soft)
    assert all(part in said for part in says)
    assert bool(said) == bool(says)
    assert explanation(facts, {}, soft=soft) == ""


def test_what_a_left_out_class_explains_comes_first() -> None:
    """The twin's loss on test images is then mostly of that class: that its labels were used up would explain nothing."""
    facts = training_facts(Experiment().with_flat(omit=(3, 7)), [point("twin", "loss.labels.raw", 0.01)], [])
    results = RESULTS | {"dataset": {"classes": [*"0123456789"]}}
    said = explanation(facts, results, soft=True)
    assert said.startswith("Student and twin were shown no image of 3, 7.")
    assert "soft targets on the other images do name it" in said
    assert "little left" not in said
    assert "soft targets" not in explanation(facts, results, soft=False)


@pytest.mark.parametrize(("errors", "says"), [(42, "as often as the twin"), (50, "more than the twin")])
def test_a_teacher_that_is_no_better_than_the_twin_is_told_first(errors: int, says: str) -> None:
    results = RESULTS | {"teacher": {"test_errors": errors}}
    said = explanation(TrainingFacts(0.01, 0.24, 6, 4.0, 0.63), results, soft=True)
    assert said.startswith("The teacher errs")
    assert says in said
    assert "what it tells beyond a label" not in said
    assert "The teacher" not in explanation(TrainingFacts(0.01), results, soft=False)
