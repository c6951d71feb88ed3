"""Numbers as a reader wants them, and the sentences made from a run's results: what was measured, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.texts import _, ngettext

Results = Mapping[str, Any]


def percent(share: float, of: int) -> str:
    """A share in percent with the digits that `of` images support: one up to 2,000, else two."""
    return f"{100 * share:.{1 if of <= 2000 else 2}f} %"


def points(difference: float, of: int) -> str:
    """A signed difference of two shares in percentage points, with a true minus sign."""
    return signed(100 * difference, 1 if of <= 2000 else 2)


def signed(value: float, digits: int = 0) -> str:
    """A number that always shows its sign, unless it is nought at these digits."""
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else "\N{MINUS SIGN}") + text


def large(number: float) -> str:
    """A count in at most three significant digits: 421, 23.9 k, 2.39 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f}"


def size_of(number: float) -> str:
    """Bytes in at most three significant digits."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f} B"


def short_time(seconds: float) -> str:
    """A latency in two digits with its unit: 84 µs, 1.2 ms, 0.31 s."""
    rounded = float(f"{seconds:.2g}")
    for unit, smallest, size in (("s", 0.1, 1.0), ("ms", 1e-4, 1e-3)):
        if rounded >= smallest:
            return f"{rounded / size:.4g} {unit}"
    return f"{rounded / 1e-6:.4g} µs"


def duration(seconds: float) -> str:
    """How long something takes, as one says it: 1.3 s, 18 s, 2 min 5 s, 1 h 20 min."""
    whole = max(0, round(seconds))
    if seconds < 9.95:
        return _("{s} s").format(s=f"{max(0.0, seconds):.1f}".removesuffix(".0"))
    if whole < 60:
        return _("{s} s").format(s=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return (
            _("{m} min {s} s").format(m=minutes, s=rest)
            if rest and minutes < 10
            else _("{m} min").format(m=minutes)
        )
    hours, rest = divmod(whole // 60, 60)
    return _("{h} h {m} min").format(h=hours, m=rest)


def others(count: int) -> str:
    """With whom a time was shared: with 26 others."""
    return ngettext("with {n} other", "with {n} others", count).format(n=f"{count:,}")


def with_others(took: str, count: int) -> str:
    """A time in words that a run shared with so many others of its cohort: 33 s with 26 others."""
    return f"{took} {others(count)}" if count else took


def roughly(seconds: float) -> float:
    """A guess with the one digit that it deserves, two above ten."""
    return float(f"{max(seconds, 1.0):.{1 if seconds < 9.5 else 2}g}")


def errors(count: int) -> str:
    """A counted word: 1 error, 25 errors."""
    return ngettext("{n} error", "{n} errors", count).format(n=f"{count:,}")


def fewer(difference: int) -> str:
    """How many more or fewer errors, in words."""
    if difference == 0:
        return _("the same number")
    n = abs(difference)
    return (
        ngettext("{n} fewer", "{n} fewer", n) if difference < 0 else ngettext("{n} more", "{n} more", n)
    ).format(n=f"{n:,}")


def what_this_shows(results: Results, *, changed: bool = False, stopped: bool = False) -> str:
    """What one run's test figures say, and nothing beyond them. Empty where student or twin was not tested.

    Without a teacher's figures nothing is said of one, nor that the student was distilled.
    """
    if "student" not in results or "twin" not in results:
        return ""
    student, twin = results["student"], results["twin"]
    images = student["test_images"]
    told = (
        _("On {images} test images the student ({network}, distilled) made {student}, its twin (the same, labels only) {twin}.")
        if "teacher" in results
        else _("On {images} test images the student ({network}) made {student}, its twin (the same, labels only) {twin}.")
    )  # fmt: skip
    said = [
        told.format(
            images=f"{images:,}",
            network=student["network"],
            student=errors(student["test_errors"]),
            twin=f"{twin['test_errors']:,}",
        ),
        _verdict(student["test_errors"], twin["test_errors"], images),
    ]
    if "teacher" in results:
        said.append(_ratio(results["teacher"], student))
    said.append(_("This is one seed: another may differ."))
    if changed:
        said.append(_("Settings were changed while it ran, so it stands for no single setting."))
    if stopped:
        said.append(_("It was stopped before its end."))
    return " ".join(said)


def _verdict(student: int, twin: int, images: int) -> str:
    """The difference in errors, and whether chance could make it.

    The spread is that of two counts drawn independently, sqrt(a + b): wider than that of two networks asked about the
    same images, so the sentence errs towards doubt.
    """
    difference = student - twin
    if difference == 0:
        return _("That is no difference.")
    said = _("That is {fewer} ({points} points).").format(
        fewer=fewer(difference), points=points(difference / images, images)
    )
    if difference**2 <= student + twin:
        said += " " + _("Chance alone could make so small a difference.")
    return said


def _ratio(teacher: Mapping[str, Any], student: Mapping[str, Any]) -> str:
    said = _("The teacher made {teacher}").format(teacher=errors(teacher["test_errors"]))
    ratio = teacher["parameters"] / max(1, student["parameters"])
    if ratio >= 1.5:
        return (
            said
            + " "
            + _("with {ratio} times the student's parameters.").format(
                ratio=f"{ratio:.2g}" if ratio < 100 else f"{ratio:,.0f}"
            )
        )
    return said + "."
