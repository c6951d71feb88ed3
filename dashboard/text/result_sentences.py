"""Sentences made from a run's results: what was measured, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.text.numbers import points
from dashboard.text.translation import _, ngettext

Results = Mapping[str, Any]


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
