"""The kinds of questions that lessons ask: a choice, a number on a scale, a ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.data.lesson import Outcome
from dashboard.text.translation import _


@dataclass(frozen=True)
class Choice:
    """One of several answers.

    Attributes:
        asks: the question.
        options: the answers.
        measured: which of them was measured, and a sentence with the figures.
    """

    asks: str
    options: tuple[str, ...]
    measured: Callable[[], tuple[int, str]]

    def accepts(self, prediction: Any) -> bool:
        """Whether it is the number of an option."""
        return type(prediction) is int and 0 <= prediction < len(self.options)

    def outcome(self, prediction: Any) -> Outcome:
        """Whether the option was the measured one."""
        right, sentence = self.measured()
        said = _("You expected: {expected}.").format(expected=_(self.options[prediction]))
        return Outcome(prediction == right, f"{said} {sentence}")


@dataclass(frozen=True)
class MeasuredNumber:
    """A measured number: its value, its spread over seeds (0 for one that has none), and a sentence about it."""

    value: float
    spread: float
    sentence: str


@dataclass(frozen=True)
class Scale:
    """A number between two bounds.

    Attributes:
        asks: the question.
        low: the least that can be predicted.
        high: the most.
        step: between two predictions.
        unit: a template for a number with its unit, such as "{n} %".
        near: how far off a prediction may be and still counts as expected, beside the spread.
        measured: what was measured.
    """

    asks: str
    low: float
    high: float
    step: float
    unit: str
    near: float
    measured: Callable[[], MeasuredNumber]

    def accepts(self, prediction: Any) -> bool:
        """Whether it lies between the bounds."""
        number = isinstance(prediction, int | float) and not isinstance(prediction, bool)
        return number and self.low <= prediction <= self.high

    def with_unit(self, number: float, spread: float = 0.0) -> str:
        """The number as the question means it, with its spread where it has one."""
        text = f"{number:,.4g}" + (f" ± {spread:,.2g}" if spread else "")
        return _(self.unit).format(n=text)

    def outcome(self, prediction: Any) -> Outcome:
        """How far it is from what was measured."""
        found = self.measured()
        said = _("You expected {expected}; measured: {measured}.").format(
            expected=self.with_unit(prediction), measured=self.with_unit(found.value, found.spread)
        )
        near = abs(prediction - found.value) <= max(self.near, found.spread)
        return Outcome(near, f"{said} {found.sentence}")


@dataclass(frozen=True)
class Ranking:
    """An order, from most to least.

    Attributes:
        asks: the question.
        options: what is put in order.
        measured: their numbers in the order that was measured, and a sentence.
    """

    asks: str
    options: tuple[str, ...]
    measured: Callable[[], tuple[tuple[int, ...], str]]

    def accepts(self, prediction: Any) -> bool:
        """Whether it names each option once."""
        return isinstance(prediction, list) and sorted(map(str, prediction)) == sorted(
            map(str, range(len(self.options)))
        )

    def outcome(self, prediction: Any) -> Outcome:
        """Whether the order is the measured one."""
        order, sentence = self.measured()
        names = [_(self.options[int(place)]) for place in prediction]
        said = _("You expected: {order}.").format(order=" > ".join(names))
        return Outcome(tuple(map(int, prediction)) == order, f"{said} {sentence}")
