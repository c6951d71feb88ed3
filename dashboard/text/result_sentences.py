"""Sentences made from a run's results: what was measured, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.text.numbers import points
from dashboard.text.translation import _, ngettext

Results = Mapping[str, Any]
BY_CHANCE = 1.96
"""How many standard deviations chance exceeds in 5 % of all cases."""


def errors(count: int) -> str:
    """A counted word: 1 error, 25 errors."""
    return ngettext("{n} error", "{n} errors", count).format(n=f"{count:,}")


def fewer(difference: int) -> str:
    """How many more or fewer errors."""
    if difference == 0:
        return _("the same number")
    n = abs(difference)
    return (
        ngettext("{n} fewer", "{n} fewer", n) if difference < 0 else ngettext("{n} more", "{n} more", n)
    ).format(n=f"{n:,}")


def what_this_shows(results: Results, *, changed: bool = False, stopped: bool = False) -> str:
    """What the test figures of one run show, and nothing beyond them. Empty where student or twin was not tested.

    Without a teacher's figures no teacher is mentioned, nor that the student was distilled.
    """
    if "student" not in results or "twin" not in results:
        return ""
    student, twin = results["student"], results["twin"]
    images = student["test_images"]
    template = (
        _("On {images} test images the student ({network}, distilled) made {student}, its twin (the same, labels only) {twin}.")
        if "teacher" in results
        else _("On {images} test images the student ({network}) made {student}, its twin (the same, labels only) {twin}.")
    )  # fmt: skip
    sentences = [
        template.format(
            images=f"{images:,}",
            network=student["network"],
            student=errors(student["test_errors"]),
            twin=f"{twin['test_errors']:,}",
        ),
        _verdict(student["test_errors"], twin["test_errors"], images),
    ]
    if "teacher" in results:
        sentences.append(_ratio(results["teacher"], student))
    if run := results.get("twin_run"):
        sentences.append(_("The twin was found: trained in run {run}.").format(run=run))
    if results.get("preparation_found"):
        sentences.append(_("What the method trains before the student was found: an earlier run trained it."))
    sentences.append(_("This is one seed: another may differ."))
    if changed:
        sentences.append(_("Settings were changed while it ran, so it stands for no single setting."))
    if stopped:
        sentences.append(_("It was stopped before its end."))
    return " ".join(sentences)


def _verdict(student: int, twin: int, images: int) -> str:
    """The difference in errors, and whether chance could make it.

    The spread is that of two counts drawn independently, sqrt(a + b), at 5 %: wider than that of two networks asked about
    the same images, so the sentence errs towards doubt. How another seed would differ it cannot know.
    """
    difference = student - twin
    if difference == 0:
        return _("That is no difference.")
    sentence = _("That is {fewer} ({points} points).").format(
        fewer=fewer(difference), points=points(difference / images, images)
    )
    if difference**2 <= BY_CHANCE**2 * (student + twin):
        sentence += " " + _("Chance alone could make so small a difference.")
    return sentence


def _ratio(teacher: Mapping[str, Any], student: Mapping[str, Any]) -> str:
    """What the teacher made, and how much larger it is where that is worth saying."""
    ratio = teacher["parameters"] / max(1, student["parameters"])
    counted = errors(teacher["test_errors"])
    if ratio < 1.5:
        return _("The teacher made {teacher}.").format(teacher=counted)
    return _("The teacher made {teacher} with {ratio} times the student's parameters.").format(
        teacher=counted, ratio=f"{ratio:.2g}" if ratio < 100 else f"{ratio:,.0f}"
    )
