"""What a student hands in: answers, and runs as they stood at that moment, with digests that show a later change.

A hand-in is a file that somebody may have edited: it is read within bounds, and what does not fit its digests is said
(`changes_found`). Digests alone stop nobody who makes new ones; the seal of the server that took the hand-in does
(`kdcore.classroom.seal`), and so does training its runs again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kdcore import __version__
from kdcore.errors import HandInRefused, InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.texts import N_

VERSION = 1
"""Of the file. A reader takes this version and those before it."""
MOST_BYTES = 2_000_000
"""A hand-in of the most answers and runs that it may hold stays below half of this."""
MOST_RUNS = 50
MOST_ANSWERS = 200
UNREADABLE = N_("Export it again, or ask for a new hand-in.")

Word = Annotated[str, Field(max_length=100)]
Sentence = Annotated[str, Field(max_length=2_000)]
Essay = Annotated[str, Field(max_length=5_000)]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Whole = Annotated[int, Field(ge=-(10**15), le=10**15)]
Moment = Annotated[float, Field(ge=0, le=1e11)]
Seal = Annotated[str, Field(pattern=r"^([0-9a-f]{80})?$")]
Figure = Whole | float
Prediction = Whole | float | Annotated[list[Whole | float], Field(max_length=100)]


class HandInPart(BaseModel):
    """A part of a hand-in: it never changes, and takes its own fields only, of their own types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FileVersion(BaseModel):
    """All that is read of a file before its version is known."""

    version: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class LessonAnswer(HandInPart):
    """What was answered to one question.

    Attributes:
        kind: a prediction was made before anything was shown, a reflection is text of one's own.
        lesson, step: whose question it is; empty for a question that stands in no lesson.
        asks: the question.
        answer: what was answered, as it reads; empty where nothing was.
        prediction: the same as a value: the number of an option, a number, an order, the heights of a curve; None where there is none.
        measured: the sentence about what was measured beside it; empty where nothing was answered, or measured.
        as_expected: whether the prediction came out; None where that is not known.
    """

    kind: Literal["prediction", "reflection"]
    asks: Sentence
    lesson: Word = ""
    step: Word = ""
    answer: Essay = ""
    prediction: Prediction | None = None
    measured: Sentence = ""
    as_expected: bool | None = None

    @property
    def missing(self) -> bool:
        """Whether nothing was answered."""
        return not self.answer.strip() and self.prediction is None


class FrozenRun(HandInPart):
    """A run as it stood when it was handed in. `kdcore.classroom.freeze` makes it from a record.

    Attributes:
        id: of the run.
        title, status, created: as its record has them.
        experiment: what was trained, as stored JSON.
        experiment_hash: of that experiment.
        changed: whether a setting was changed while it trained.
        dataset_title: of its images.
        device, threads, precision, epochs: as it trained; empty and 0 of a run that has not.
        networks: the figures of its networks by role; counts are whole numbers, NLL and KL in nats per image.
        digest: of all this.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    title: Sentence = ""
    status: Word
    created: Moment
    experiment: dict[str, Any]
    experiment_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    changed: bool = False
    dataset_title: Word = ""
    device: Word = ""
    threads: int = 0
    precision: Word = ""
    epochs: float = 0.0
    networks: Annotated[
        dict[Word, Annotated[dict[Word, Figure], Field(max_length=60)]], Field(max_length=20)
    ] = {}
    digest: Digest = ""

    def read_experiment(self) -> Experiment:
        """What was trained.

        Raises:
            InvalidExperiment: a field is out of bounds, or of another version.
        """
        return Experiment.read(self.experiment)

    def with_digest(self) -> FrozenRun:
        """The same with the digest of what it holds."""
        return self.model_copy(update={"digest": _digest(self, "digest")})

    def changes_found(self) -> list[str]:
        """What does not fit its digests, in sentences; empty where all does."""
        found = []
        if _digest(self, "digest") != self.digest:
            found.append(N_(f"Run {self.id}: what stands there is not what was handed in."))
        try:
            if self.read_experiment().hash != self.experiment_hash:
                found.append(N_(f"Run {self.id}: its settings are not those of its hash."))
        except InvalidExperiment as error:
            found.append(N_(f"Run {self.id}: its settings cannot be read. {error}"))
        return found


class Submission(HandInPart):
    """What one student handed in at one moment; a later change makes a new one.

    Attributes:
        format, version: of the file.
        made_by: the version of the program.
        classroom, assignment: names, as the class has them.
        student: the pseudonym.
        name: what the student calls themselves; empty where the class asks for none.
        handed_in: seconds since 1970.
        answers: predictions and reflections, those that are missing too.
        runs: the chosen runs.
        digest: of all this.
        seal: of the server that took it, over the digest; empty for none.
    """

    format: Literal["stillroom-hand-in"] = "stillroom-hand-in"
    version: Annotated[int, Field(ge=1)] = VERSION
    made_by: Word = __version__
    classroom: Word = ""
    assignment: Word = ""
    student: Word
    name: Word = ""
    handed_in: Moment
    answers: Annotated[tuple[LessonAnswer, ...], Field(max_length=MOST_ANSWERS, strict=False)] = ()
    runs: Annotated[tuple[FrozenRun, ...], Field(max_length=MOST_RUNS, strict=False)] = ()
    digest: Digest = ""
    seal: Seal = ""

    @classmethod
    def hand_in(
        cls,
        student: str,
        answers: Sequence[LessonAnswer] = (),
        runs: Sequence[FrozenRun] = (),
        *,
        classroom: str = "",
        assignment: str = "",
        name: str = "",
        moment: float | None = None,
    ) -> Submission:
        """A hand-in of this moment, with its digest.

        Raises:
            HandInRefused: something is too long, or too much.
        """
        values: Mapping[str, Any] = {
            "student": student,
            "name": name,
            "classroom": classroom,
            "assignment": assignment,
            "handed_in": time.time() if moment is None else moment,
            "answers": tuple(answers),
            "runs": tuple(runs),
        }
        try:
            made = cls.model_validate(values)
        except ValidationError as error:
            raise HandInRefused(f"This cannot be handed in: {_complaint(error)}") from error
        return made.model_copy(update={"digest": _digest(made, "digest", "seal")})

    @classmethod
    def from_json(cls, text: str | bytes) -> Submission:
        """Read what `to_json` wrote, or a file that somebody edited; whether it was is another question (`changes_found`).

        Raises:
            HandInRefused: it is too large, no hand-in, or of a newer version, or a field is out of bounds.
        """
        size = len(text if isinstance(text, bytes) else text.encode(errors="replace"))
        if size > MOST_BYTES:
            raise HandInRefused(
                f"It has {size / 1e6:,.1f} MB, and a hand-in has at most {MOST_BYTES / 1e6:g}. {UNREADABLE}"
            )
        try:
            version = FileVersion.model_validate_json(text).version
            if version > VERSION:
                raise HandInRefused(
                    f"It is a hand-in of version {version}, and this program reads versions up to {VERSION}. Take a newer one."
                )
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise HandInRefused(
                f"It is no hand-in that can be read: {_complaint(error)} {UNREADABLE}"
            ) from error

    def to_json(self) -> str:
        """The file: JSON that people can read too."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"

    def changes_found(self) -> list[str]:
        """What was changed after it was handed in, in sentences; empty where nothing was."""
        found = [sentence for run in self.runs for sentence in run.changes_found()]
        if _digest(self, "digest", "seal") != self.digest:
            found.append(N_("What stands in the file is not what was handed in."))
        return found

    @property
    def handed_in_text(self) -> str:
        """The moment as a date and a time, UTC."""
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.handed_in))

    @property
    def missing(self) -> list[LessonAnswer]:
        """What was asked and not answered."""
        return [answer for answer in self.answers if answer.missing]


def _digest(part: HandInPart, *without: str) -> str:
    """SHA-256 over the part's canonical JSON: sorted keys, no spaces."""
    values = {name: value for name, value in part.model_dump(mode="json").items() if name not in without}
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _complaint(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))[:100]
    return f"{place}: {first['msg']}." if place else f"{first['msg']}."
