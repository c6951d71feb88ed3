"""The kinds of questions that lessons ask: a choice, a number on a scale, a ranking, a curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.data.lesson import Outcome
from dashboard.text.translation import _, together


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

    def reads(self, prediction: Any) -> str:
        """The option that was chosen."""
        return _(self.options[prediction])

    def outcome(self, prediction: Any) -> Outcome:
        """Whether the option was the measured one."""
        right, sentence = self.measured()
        said = _("You expected: {expected}.").format(expected=self.reads(prediction))
        return Outcome(prediction == right, together([said, sentence]))


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

    def reads(self, prediction: Any) -> str:
        """The number with its unit."""
        return self.with_unit(prediction)

    def outcome(self, prediction: Any) -> Outcome:
        """How far it is from what was measured."""
        found = self.measured()
        said = _("You expected {expected}; measured: {measured}.").format(
            expected=self.reads(prediction), measured=self.with_unit(found.value, found.spread)
        )
        near = abs(prediction - found.value) <= max(self.near, found.spread)
        return Outcome(near, together([said, found.sentence]))


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

    def reads(self, prediction: Any) -> str:
        """The options from most to least."""
        return " > ".join(_(self.options[int(place)]) for place in prediction)

    def outcome(self, prediction: Any) -> Outcome:
        """Whether the order is the measured one."""
        order, sentence = self.measured()
        said = _("You expected: {order}.").format(order=self.reads(prediction))
        return Outcome(tuple(map(int, prediction)) == order, together([said, sentence]))


@dataclass(frozen=True)
class MeasuredCurve:
    """A measured curve: a value and its spread over seeds at each place, and a sentence about it."""

    values: tuple[float, ...]
    spreads: tuple[float, ...]
    sentence: str


@dataclass(frozen=True)
class Sketch:
    """A curve, sketched by a height for each place of an axis.

    Attributes:
        asks: the question.
        along: what the axis is called.
        at: its places, as they are read.
        place: a template for one of them in a sentence, such as "T = {at}".
        low: the least height.
        high: the greatest.
        step: between two heights.
        ticks: the heights that have a line.
        unit: a template for a height with its unit, such as "{n} errors".
        role: whose curve it is (`dashboard.text.roles`).
        beside: what a flat line stands for, in words, and its height.
        near: how far off the sketch may be on average and still counts as expected.
        measured: what was measured. The curve begins there: its first height is given.
    """

    asks: str
    along: str
    at: tuple[str, ...]
    place: str
    low: float
    high: float
    step: float
    ticks: tuple[float, ...]
    unit: str
    role: str
    beside: Callable[[], tuple[str, float]]
    near: float
    measured: Callable[[], MeasuredCurve]

    def given(self) -> float:
        """The height of the first place, to the step."""
        return round(self.measured().values[0] / self.step) * self.step

    def accepts(self, prediction: Any) -> bool:
        """Whether it has a height for each place, each between the bounds."""
        return (
            isinstance(prediction, list)
            and len(prediction) == len(self.at)
            and all(isinstance(height, int | float) and not isinstance(height, bool) for height in prediction)
            and all(self.low <= height <= self.high for height in prediction)
        )

    def outcome(self, prediction: Any) -> Outcome:
        """How far it is from what was measured, and where it is farthest."""
        found = self.measured()
        off = [abs(height - value) for height, value in zip(prediction, found.values, strict=True)]
        place = max(range(len(off)), key=off.__getitem__)
        said = _(
            "On average you were {off} away. Farthest at {place}: you expected {expected}, measured {measured}."
        ).format(
            off=self._with_unit(sum(off) / len(off)),
            place=self.place_at(place),
            expected=self._with_unit(prediction[place]),
            measured=self._with_unit(found.values[place], found.spreads[place]),
        )
        return Outcome(sum(off) / len(off) <= self.near, together([said, found.sentence]))

    def described(self, found: MeasuredCurve) -> str:
        """The measured curve in words."""
        return self.reads(found.values)

    def reads(self, prediction: Any) -> str:
        """The height at each place."""
        return "; ".join(
            _("{name}: {what}").format(name=self.place_at(place), what=self._with_unit(value))
            for place, value in enumerate(prediction)
        )

    def place_at(self, place: int) -> str:
        """A place as a sentence names it."""
        return _(self.place).format(at=self.at[place])

    def _with_unit(self, height: float, spread: float = 0.0) -> str:
        text = f"{height:,.3g}" + (f" ± {spread:,.2g}" if spread else "")
        return _(self.unit).format(n=text)
