"""What a lesson is: steps that a learner does on the real pages, and questions that are answered before anything is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class Seen:
    """What a step's check looks at.

    Attributes:
        page: the path of the page on screen.
        link: the link's parameters.
        run: the run that is shown.
        temperature: of the recipe on screen.
        started_sweeps: the hashes of those that the learner started.
    """

    page: str
    link: Mapping[str, str]
    run: Run | None
    temperature: float
    started_sweeps: Collection[str] = ()


Check = Callable[[Seen], bool]


@dataclass(frozen=True)
class Outcome:
    """What was measured, beside a prediction.

    Attributes:
        as_expected: whether the prediction came out.
        sentence: what was predicted and what was measured, and what the difference says.
    """

    as_expected: bool
    sentence: str


class Question(Protocol):
    """Asked before the answer is shown; `dashboard.data.lesson_questions` has its kinds."""

    @property
    def asks(self) -> str:
        """The question itself."""

    def accepts(self, prediction: Any) -> bool:
        """Whether this is one of the predictions that can be made: a browser may send anything."""

    def reads(self, prediction: Any) -> str:
        """The prediction in words."""

    def outcome(self, prediction: Any) -> Outcome:
        """What was measured beside it."""


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: by which it is kept; it never changes.
        text: what to do and to look for, at most 60 words, Markdown.
        page: the path of the page on which it is done.
        link: the parameters that the page begins with.
        points_at: the key of the container that it is about.
        done: whether the learner has done it; a step without one is its question.
        question: what is predicted.
        why: the reason, at most 120 words, Markdown.
    """

    name: str
    text: str
    page: str
    link: Mapping[str, str] = field(default_factory=dict)
    points_at: str = ""
    done: Check | None = None
    question: Question | None = None
    why: str = ""


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        name: in links, and by which progress is kept.
        number: its place among the lessons.
        title: what it is about.
        afterwards: what one can say afterwards, one sentence.
        minutes: it takes.
        steps: in their order.
        ends: the sentence that it ends with.
    """

    name: str
    number: int
    title: str
    afterwards: str
    minutes: int
    steps: tuple[Step, ...]
    ends: str
