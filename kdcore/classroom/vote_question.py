"""A question that is put to a class: its kinds, which answers it takes, and what of it students may see before the reveal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

QuestionKind = Literal["choice", "number", "order"]
MOST_OPTIONS = 10
LONGEST_QUESTION, LONGEST_OPTION, LONGEST_SENTENCE = 400, 200, 1000
Answer = int | float | list[int]


class VoteQuestion(BaseModel):
    """A question.

    Attributes:
        kind: one of the options, a number on a scale, or the options in an order.
        asks: the question itself.
        options: of a choice or an order.
        low, high, step: of a number.
        unit: a template for a number with its unit, "{n} %".
        measured: the answer that was measured; None where there is none. Never in a student's page before the reveal.
        sentence: what is said of it.
        source: the lesson and the step that it was taken from, "does-it-help/guess-the-student"; empty for one's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: QuestionKind = "choice"
    asks: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    options: tuple[str, ...] = Field(default=(), max_length=MOST_OPTIONS)
    low: float = 0.0
    high: float = 1.0
    step: float = Field(default=1.0, gt=0)
    unit: str = Field(default="{n}", max_length=40)
    measured: int | float | tuple[int, ...] | None = None
    sentence: str = Field(default="", max_length=LONGEST_SENTENCE)
    source: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _can_be_answered(self) -> VoteQuestion:
        if self.kind == "number":
            if not self.low < self.high or (self.high - self.low) / self.step > 100_000:
                raise ValueError("a number's scale goes from low to high, in steps")
        elif len(self.options) < 2 or not all(1 <= len(one) <= LONGEST_OPTION for one in self.options):
            raise ValueError(
                f"a question takes 2 to {MOST_OPTIONS} answers of up to {LONGEST_OPTION} characters"
            )
        if self.measured is not None and not self.accepts(_as_json(self.measured)):
            raise ValueError("what was measured is none of the answers")
        return self

    def accepts(self, answer: Any) -> bool:
        """Whether this is one of the answers that can be given: a browser may send anything."""
        if self.kind == "choice":
            return type(answer) is int and 0 <= answer < len(self.options)
        if self.kind == "number":
            number = isinstance(answer, int | float) and not isinstance(answer, bool)
            return number and self.low <= answer <= self.high
        return (
            isinstance(answer, list)
            and all(type(place) is int for place in answer)
            and sorted(answer) == list(range(len(self.options)))
        )

    def asked(self) -> dict[str, Any]:
        """What students' pages get of it: nothing of what was measured."""
        return self.model_dump(mode="json", exclude={"measured", "sentence", "source"})


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
