"""Claims that an assignment makes and a machine checks, in a small text form: one a line.

    errors(student) < errors(twin), 3 seeds     a figure of the test images, held against another, or a number
    nll(student) <= 0.10 on mnist 5000          of the runs on these images only
    T in 2..8                                   a setting, which every run that is handed in has to keep to
    predictions(dark-knowledge) >= 3            how many of a lesson's questions were answered

A line that begins with # is a remark. What stands after the line `hidden:` is the lecturer's alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kdcore.errors import HandInRefused
from kdcore.experiment import FLAT_FIELDS

MEASURES = {
    "errors": "test_errors",
    "nll": "test_nll",
    "ece": "test_ece",
    "kl": "test_kl",
    "accuracy": "test_accuracy",
    "agreement": "test_agreement",
    "parameters": "parameters",
}
"""What a claim calls a figure, and its name among a network's results."""
TESTED = ("errors", "nll", "ece", "kl")
"""Figures of which seeds may claim something (`kdcore.studies.claims`)."""
ROLES = ("teacher", "twin", "student")
ALIASES = {"T": "temperature", "weight": "teacher_weight"}
COUNTED = ("runs", "predictions", "reflections")
HIDDEN = "hidden:"
MOST_BYTES, MOST_CLAIMS, MOST_SEEDS = 100_000, 200, 50
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}

NUMBER = r"-?\d{1,12}(?:\.\d{1,12})?(?:e-?\d{1,2})?"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
FIGURE = re.compile(r"([a-z]+)\s*\(\s*([\w.-]+)\s*\)")
SIGN = re.compile(r"<=|>=|<|>|=")
SEEDS = re.compile(r",\s*(?:(\d{1,3})\s+seeds?|seeds?\s+(\d{1,9})\.\.(\d{1,9}))\s*$")
SCOPE = re.compile(rf"\s+on\s+({NAME})(?:\s+(\d{{1,8}}))?\s*$")
RANGE = re.compile(rf"([\w.]+)\s+in\s+({NUMBER})\s*\.\.\s*({NUMBER})$")
SETTING = re.compile(r"([A-Za-z_]+)\s*(<=|>=|<|>|=)\s*(\S+)$")


@dataclass(frozen=True)
class ClaimScope:
    """Which runs a claim is about: those on a dataset, with so many images in the transfer set; all where they are empty."""

    dataset: str = ""
    count: int | None = None


@dataclass(frozen=True)
class ClaimSeeds:
    """How many seeds a claim takes: at least so many, or exactly those of a range."""

    least: int
    exactly: tuple[int, ...] = ()


@dataclass(frozen=True)
class ClaimFigure:
    """A figure of a network: one of MEASURES, and whose."""

    measure: str
    role: str


@dataclass(frozen=True)
class FigureClaim:
    """A figure held against another one, or against a number."""

    text: str
    scope: ClaimScope
    left: ClaimFigure
    sign: str
    right: ClaimFigure | float
    seeds: ClaimSeeds | None = None


@dataclass(frozen=True)
class SettingClaim:
    """What every run keeps to: a field of the experiment, between two bounds, or in a relation to a value."""

    text: str
    scope: ClaimScope
    field: str
    sign: str
    value: float | str
    high: float | None = None


@dataclass(frozen=True)
class CountClaim:
    """How many runs were handed in, or questions of a lesson answered (of all lessons where none is named)."""

    text: str
    what: str
    lesson: str
    sign: str
    number: float


AssignmentClaim = FigureClaim | SettingClaim | CountClaim


@dataclass(frozen=True)
class Assignment:
    """The claims that students may see and check, and those that only the lecturer has."""

    public: tuple[AssignmentClaim, ...]
    hidden: tuple[AssignmentClaim, ...] = ()

    def claims(self, *, public: bool) -> tuple[AssignmentClaim, ...]:
        """The public ones, or all."""
        return self.public if public else (*self.public, *self.hidden)


def read_claims(text: str) -> Assignment:
    """The claims of a file.

    Raises:
        HandInRefused: which line cannot be read, and what could stand there; or that there is no claim.
    """
    if len(text) > MOST_BYTES:
        raise HandInRefused(f"The claims have more than {MOST_BYTES:,} characters. Take fewer.")
    found: dict[bool, list[AssignmentClaim]] = {False: [], True: []}
    hidden = False
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if said == HIDDEN:
            hidden = True
        elif said:
            try:
                found[hidden].append(read_claim(said))
            except HandInRefused as error:
                raise HandInRefused(f"Line {number} of the claims: {error}") from None
    total = len(found[False]) + len(found[True])
    if not total:
        raise HandInRefused(
            "There is no claim in the file. A claim is a line such as: errors(student) < errors(twin)"
        )
    if total > MOST_CLAIMS:
        raise HandInRefused(f"There are {total} claims, and {MOST_CLAIMS} at most are checked.")
    return Assignment(tuple(found[False]), tuple(found[True]))


def read_claim(text: str) -> AssignmentClaim:
    """One claim.

    Raises:
        HandInRefused: it cannot be read, and why.
    """
    body, seeds = _seeds(text)
    body, scope = _scope(body)
    if "(" not in body and not body.startswith("runs"):
        if seeds is not None:
            raise HandInRefused(
                f"'{text}' is about a setting, and every run keeps to it: leave the seeds out."
            )
        return _setting(text, body, scope)
    sides = SIGN.split(body)
    if len(sides) != 2:
        raise HandInRefused(f"'{text}' is no claim: it needs one of <, <=, >, >=, = between two sides.")
    sign = SIGN.findall(body)[0]
    left, right = sides[0].strip(), sides[1].strip()
    if left.partition("(")[0].strip() in COUNTED:
        return _count(text, left, sign, right, scope, seeds)
    return _figure_claim(text, scope, left, sign, right, seeds)


# ---- the parts of a line --------------------------------------------------------------------------------------------


def _seeds(text: str) -> tuple[str, ClaimSeeds | None]:
    found = SEEDS.search(text)
    if found is None:
        if re.search(r"\bseeds?\b(?!_)", text.partition(",")[2]):
            raise HandInRefused(f"'{text}': seeds are said at the end, as ', 3 seeds' or ', seeds 0..2'.")
        return text, None
    many, first, last = found.groups()
    if many is not None:
        wanted = ClaimSeeds(int(many))
    else:
        wanted = ClaimSeeds(
            int(last) - int(first) + 1, tuple(range(int(first), min(int(last), int(first) + 99) + 1))
        )
    if not 2 <= wanted.least <= MOST_SEEDS:
        raise HandInRefused(
            f"'{text}': a claim takes 2 to {MOST_SEEDS} seeds; of one seed leave them out, and the bare figures count."
        )
    return text[: found.start()].strip(), wanted


def _scope(text: str) -> tuple[str, ClaimScope]:
    found = SCOPE.search(text)
    if found is None:
        return text.strip(), ClaimScope()
    dataset, count = found.groups()
    return text[: found.start()].strip(), ClaimScope(dataset, None if count is None else int(count))


def _figure_claim(
    text: str, scope: ClaimScope, left: str, sign: str, right: str, seeds: ClaimSeeds | None
) -> FigureClaim:
    first = _figure(left)
    second: ClaimFigure | float = float(right) if re.fullmatch(NUMBER, right) else _figure(right)
    if isinstance(second, ClaimFigure) and second.measure != first.measure:
        raise HandInRefused(
            f"'{text}' holds {first.measure} against {second.measure}: take the same figure on both sides."
        )
    if seeds is not None and (first.measure not in TESTED or sign == "="):
        raise HandInRefused(
            f"'{text}': over seeds a claim says that one has less or more of {', '.join(TESTED)}; leave the seeds out."
        )
    return FigureClaim(text, scope, first, sign, second, seeds)


def _figure(text: str) -> ClaimFigure:
    found = FIGURE.fullmatch(text)
    if found is None:
        raise HandInRefused(f"'{text}' is neither a number nor a figure such as errors(student).")
    measure, role = found.groups()
    if measure not in MEASURES:
        raise HandInRefused(f"'{measure}' is no figure. There are: {', '.join((*MEASURES, *COUNTED))}.")
    if role not in ROLES:
        raise HandInRefused(f"'{role}' is no network of a run. There are: {', '.join(ROLES)}.")
    return ClaimFigure(measure, role)


def _setting(text: str, body: str, scope: ClaimScope) -> SettingClaim:
    if found := RANGE.fullmatch(body):
        low, high = float(found[2]), float(found[3])
        if low > high:
            raise HandInRefused(f"'{text}': {found[2]}..{found[3]} is empty; the smaller number comes first.")
        return SettingClaim(text, scope, _field(found[1], number=True), "in", low, high)
    found = SETTING.fullmatch(body)
    if found is None:
        raise HandInRefused(
            f"'{text}' is no claim. A claim reads like: errors(student) < errors(twin), 3 seeds; nll(student) <= 0.10 on mnist 5000; "
            "T in 2..8; epochs <= 40."
        )
    name, sign, value = found.groups()
    number = re.fullmatch(NUMBER, value) is not None
    if not number and sign != "=":
        raise HandInRefused(f"'{text}': {sign} takes a number.")
    return SettingClaim(text, scope, _field(name, number=number), sign, float(value) if number else value)


def _field(name: str, *, number: bool) -> str:
    field = ALIASES.get(name, name)
    if field not in FLAT_FIELDS:
        raise HandInRefused(f"'{name}' is no setting of a run. There are: T, {', '.join(FLAT_FIELDS)}.")
    if number and FLAT_FIELDS[field].info.annotation not in (int, float, int | None, bool):
        raise HandInRefused(f"'{name}' is no number: write {name} = {FLAT_FIELDS[field].default or 'NAME'}.")
    return field


def _count(
    text: str, left: str, sign: str, right: str, scope: ClaimScope, seeds: ClaimSeeds | None
) -> CountClaim:
    what, lesson = next(_counted(left), ("", ""))
    if not what or not re.fullmatch(NUMBER, right) or seeds is not None or scope != ClaimScope():
        raise HandInRefused(
            f"'{text}': what is counted is held against a number, as in predictions(dark-knowledge) >= 3."
        )
    return CountClaim(text, what, lesson, sign, float(right))


def _counted(text: str) -> Iterator[tuple[str, str]]:
    if text == "runs":
        yield "runs", ""
    elif (found := re.fullmatch(rf"(predictions|reflections)\s*\(\s*({NAME})?\s*\)", text)) is not None:
        yield found[1], found[2] or ""
