"""What recorded numbers are taken for, and the class map."""

from __future__ import annotations

import numpy as np
import pytest

from kdcore.data.answer_values import chosen_columns, kind_of, logits_of
from kdcore.errors import TeacherUnavailable

CLASSES = ("cat", "dog", "egg")


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([[0.7, 0.2, 0.1]], "probabilities"),
        ([[51.0, 0.0, 0.0], [30.0, 20.0, 1.0]], "counts"),
        ([[3.2, -1.0, 0.4]], "logits"),
        ([[3.2, 1.0, 0.4]], "logits"),
    ],
)
def test_numbers_are_taken_for_what_they_look_like(rows: list[list[float]], kind: str) -> None:
    assert kind_of(np.array(rows)) == kind


def test_the_softmax_of_the_logits_are_the_probabilities_and_nothing_is_certain() -> None:
    logits = logits_of(np.array([[0.75, 0.25, 0.0]]), "probabilities", floor=1e-3)
    shares = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(shares, [[0.75 / 1.001, 0.25 / 1.001, 0.001 / 1.001]], rtol=1e-5)


def test_counts_are_shares_of_those_who_answered() -> None:
    np.testing.assert_allclose(
        logits_of(np.array([[30.0, 20.0, 0.0]]), "counts"),
        logits_of(np.array([[0.6, 0.4, 0.0]]), "probabilities"),
    )


@pytest.mark.parametrize("rows", [[[0.7, 0.1, 0.1]], [[1.2, -0.2, 0.0]], [[0.0, 0.0, 0.0]]])
def test_what_are_no_probabilities_is_refused(rows: list[list[float]]) -> None:
    with pytest.raises(TeacherUnavailable, match="no probabilities"):
        logits_of(np.array(rows), "probabilities")


def test_columns_are_found_by_their_names_in_any_order_or_by_a_class_map() -> None:
    assert chosen_columns(CLASSES, 3, ("Egg", "cat", "dog")) == (1, 2, 0)
    assert chosen_columns(CLASSES, 3) == (0, 1, 2)
    assert chosen_columns(CLASSES, 5, (), (4, "0", 2)) == (4, 0, 2)
    assert chosen_columns(CLASSES, 4, ("a", "b", "c", "d"), ("d", "a", "1")) == (3, 0, 1)


@pytest.mark.parametrize(
    ("width", "wanted", "sentence"),
    [
        (1000, (), "Give the class map"),
        (5, (1, 2), "Name one column for each"),
        (5, (1, 1, 2), "Name one"),
        (5, (1, 2, 5), "0 to 4"),
    ],
)
def test_a_class_without_a_column_is_refused(width: int, wanted: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(TeacherUnavailable, match=sentence):
        chosen_columns(CLASSES, width, (), wanted)
