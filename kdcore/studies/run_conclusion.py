"""What one run shows, in sentences: its student beside its twin, by errors and by NLL, and nothing beyond its figures.

One run is one seed. What chance is judged against here are the test images: whether others of their kind could turn the
difference round. How another seed would differ a run cannot know, and its sentences say so. Errors and NLL are judged
apart and corrected together, at 5 % in all (`claims.py`). A difference is student minus twin everywhere: below zero the
student has less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from kdcore.errors import InvalidExperiment
from kdcore.runs.run_record import Run
from kdcore.studies.claims import holm
from kdcore.texts import N_, UNCALIBRATED, counted_in_english, listing, percent, points, signed, together

Results = Mapping[str, Any]
Say = Callable[[str], str]
"""Translates a text."""
Count = Callable[[str, str, int], str]
"""The form of a counted text that fits a number, translated: gettext's `ngettext`."""
Side = Literal["less", "alike", "more"]
"""What the student has beside its twin; `alike` where chance alone could make the difference."""

MUCH = 0.5
"""From this share of its twin's NLL downwards a student that errs as often knows *much* better when it errs."""
LARGER = 1.5
"""From this many times the student's parameters it is said how much larger the teacher is."""
DIGITS, MOST_DIGITS = 3, 4
"""Decimals of an NLL, as in tables, and the most that a small standard error asks for."""


@dataclass(frozen=True)
class NllDifference:
    """How a student's NLL differs from its twin's on the same test images, in nats per image.

    standard_error: of the images' own differences; None of runs that did not keep it.
    """

    mean: float
    standard_error: float | None

    @property
    def digits(self) -> int:
        """The decimals that it deserves: as in tables, and one more where its standard error would read 0.000."""
        if not self.standard_error:
            return DIGITS
        return min(MOST_DIGITS, max(DIGITS, math.ceil(-math.log10(self.standard_error))))


@dataclass(frozen=True)
class BesideTwin:
    """What a student has beside its twin. nll: None where nothing says what chance could do."""

    errors: Side
    nll: Side | None


VERDICTS: Mapping[BesideTwin, str] = {
    BesideTwin("less", "less"): N_("The student gained both: it errs less than its twin, and knows better how sure to be."),
    BesideTwin("less", "alike"): N_("The student errs less than its twin; by NLL the two cannot be told apart."),
    BesideTwin("less", "more"): N_("The student errs less than its twin, but its probabilities say less."),
    BesideTwin("alike", "less"): N_("The student errs as often as its twin, as far as these images tell, and knows better when it errs."),
    BesideTwin("alike", "alike"): N_("The student gained neither: these images cannot tell it from its twin, by errors or by NLL."),
    BesideTwin("alike", "more"): N_("The student gained neither: it errs as often as its twin, as far as these images tell, and its probabilities say less."),
    BesideTwin("more", "less"): N_("The student errs more than its twin, but knows better how sure to be."),
    BesideTwin("more", "alike"): N_("The student gained neither: it errs more than its twin, and by NLL the two cannot be told apart."),
    BesideTwin("more", "more"): N_("The student gained neither: it errs more than its twin, and its probabilities say less."),
    BesideTwin("less", None): N_("The student errs less than its twin."),
    BesideTwin("alike", None): N_("By their errors these images cannot tell the student from its twin."),
    BesideTwin("more", None): N_("The student errs more than its twin."),
}  # fmt: skip
MUCH_BETTER = N_("The student errs as often as its twin, as far as these images tell, and knows much better when it errs.")  # fmt: skip
BY_CHANCE = N_("Chance alone could make so small a difference.")


def conclusion_of(run: Run, *, changed: bool, say: Say = str, count: Count = counted_in_english) -> str:
    """What a recorded run shows; its teacher is left out where nobody learned from it. Empty where it was not tested.

    changed: as in `conclusion`.
    """
    from kdcore.methods.stages import asks_teacher, uncalibrated

    why, asked = "", True
    with suppress(InvalidExperiment):  # of an older version, whose method is gone
        why, asked = uncalibrated(run.experiment), asks_teacher(run.experiment)
    results = {name: found for name, found in run.results.items() if asked or name != "teacher"}
    stopped = run.status == "stopped"
    found = conclusion(results, uncalibrated=why, changed=changed, stopped=stopped, say=say, count=count)
    return together(found or (), say)


def nll_difference(student: Results, twin: Results) -> NllDifference:
    """Of a tested student and its twin."""
    if paired := student.get("nll_difference"):
        return NllDifference(paired["mean"], paired["standard_error"])
    return NllDifference(student["test_nll"] - twin["test_nll"], None)


def compared(student: Results, twin: Results) -> BesideTwin:
    """What the student has beside its twin, beyond what chance makes of the choice of test images.

    Errors: the spread is that of two counts drawn independently, sqrt(a + b), wider than that of two networks asked about
    the same images, so that it errs towards doubt. NLL: the t-test of the images' paired differences.
    """
    import numpy as np
    from scipy.special import ndtr, stdtr

    own, others, nll = student["test_errors"], twin["test_errors"], nll_difference(student, twin)
    p = [1.0 if own == others else float(2 * ndtr(-abs(own - others) / math.sqrt(own + others)))]
    if nll.standard_error is not None:
        t = abs(nll.mean) / nll.standard_error if nll.standard_error else 0.0
        p.append(float(2 * stdtr(student["test_images"] - 1, -t)))
    held = holm(np.array(p))
    return BesideTwin(
        _side(own - others, bool(held[0])), _side(nll.mean, bool(held[1])) if len(held) > 1 else None
    )


def _side(difference: float, told: bool) -> Side:
    return "alike" if not told else "less" if difference < 0 else "more"


def conclusion(
    results: Results,
    *,
    uncalibrated: str = "",
    changed: bool = False,
    stopped: bool = False,
    say: Say = str,
    count: Count = counted_in_english,
) -> tuple[str, str] | None:
    """What the test figures of one run show: the verdict, and the figures behind it. None where student or twin was not tested.

    uncalibrated: why the student's probabilities are not to be taken at their word (`methods.stages`). changed: settings
    were changed while it ran. stopped: before its end. `say` and `count` translate.
    """
    if "student" not in results or "twin" not in results:
        return None
    student, twin = results["student"], results["twin"]
    beside = compared(student, twin)
    sentences = [
        _errors(results, beside, say, count),
        _by_class(results, say),
        _on_omitted(results, say, count),
        _nll(student, twin, beside, say),
        _fitted(student, uncalibrated, say),
        _teacher(results, say, count),
        *_circumstances(results, say),
        say(N_("This is one seed: another may differ.")),
        say(N_("Settings were changed while it ran, so it stands for no single setting.")) if changed else "",
        say(N_("It was stopped before its end.")) if stopped else "",
    ]
    return say(_verdict(beside, student, twin)), together(sentences, say)


def _verdict(beside: BesideTwin, student: Results, twin: Results) -> str:
    much = student["test_nll"] <= MUCH * twin["test_nll"]
    return MUCH_BETTER if much and beside == BesideTwin("alike", "less") else VERDICTS[beside]


def errors(counted: int, count: Count = counted_in_english) -> str:
    """A counted word: 1 error, 25 errors."""
    return count("{n} error", "{n} errors", counted).format(n=f"{counted:,}")


def _errors(results: Results, beside: BesideTwin, say: Say, count: Count) -> str:
    """The errors of both, their difference, and whether chance could make it.

    Without a teacher's figures nobody says that the student was distilled.
    """
    student, twin = results["student"], results["twin"]
    own, others, images = student["test_errors"], twin["test_errors"], student["test_images"]
    template = (
        N_("On {images} test images the student ({network}, distilled) made {student}, its twin (the same, labels only) {twin}.")
        if "teacher" in results
        else N_("On {images} test images the student ({network}) made {student}, its twin (the same, labels only) {twin}.")
    )  # fmt: skip
    sentence = say(template).format(
        images=f"{images:,}", network=student["network"], student=errors(own, count), twin=f"{others:,}"
    )
    if own == others:
        return together([sentence, say(N_("That is no difference."))], say)
    difference = say(N_("Student − twin: {errors} ({points} points).")).format(
        errors=count("{n} error", "{n} errors", abs(own - others)).format(n=signed(own - others)),
        points=points((own - others) / images, images),
    )
    return together([sentence, difference, *([say(BY_CHANCE)] if beside.errors == "alike" else [])], say)


def _by_class(results: Results, say: Say) -> str:
    """What becomes of the errors when every class counts alike; empty where the classes are about as common."""
    images = results.get("dataset", {}).get("test_class_images")
    both = [results[role].get("test_class_errors") for role in ("student", "twin")]
    if not images or None in both:
        return ""
    student = [1 - wrong / of if of else math.inf for wrong, of in zip(both[0], images, strict=True)]
    worst = min(range(len(student)), key=student.__getitem__)
    return say(
        N_(
            "The classes have {few} to {many} test images, so the error tells mostly of the common ones. With every class counted alike the student errs on {student}, its twin on {twin}; what the student recognises least is {name}: {right} of {of}, its twin {others}."
        )
    ).format(
        few=f"{min(filter(None, images)):,}",
        many=f"{max(images):,}",
        student=percent(results["student"]["test_balanced_error"], sum(images)),
        twin=percent(results["twin"]["test_balanced_error"], sum(images)),
        name=results["dataset"]["classes"][worst],
        right=f"{images[worst] - both[0][worst]:,}",
        of=f"{images[worst]:,}",
        others=f"{images[worst] - both[1][worst]:,}",
    )


def _on_omitted(results: Results, say: Say, count: Count) -> str:
    """What both recognise of the classes that neither was shown; empty of runs that left out none, or did not count it."""
    both = [results[role].get("test_omitted") for role in ("student", "twin")]
    classes = results.get("dataset", {}).get("classes", [])
    if not classes or None in both or not both[0]["images"]:
        return ""
    images = both[0]["images"]
    right = [images - found["errors"] for found in both]
    student, twin = (f"{n:,}" for n in right)
    return count(
        "Of the {images} test image of {names}, which neither was shown, the student recognises {student}, its twin {twin}.",
        "Of the {images} test images of {names}, which neither was shown, the student recognises {student}, its twin {twin}.",
        images,
    ).format(
        images=f"{images:,}",
        names=listing((str(classes[c]) for c in both[0]["classes"]), say),
        student=student,
        twin=twin,
    )


def _nll(student: Results, twin: Results, beside: BesideTwin, say: Say) -> str:
    """The NLL of both, their difference, and whether chance could make it."""
    found = nll_difference(student, twin)
    figures = {
        "student": f"{student['test_nll']:.{found.digits}f}",
        "twin": f"{twin['test_nll']:.{found.digits}f}",
        "difference": signed(found.mean, found.digits),
    }
    if found.standard_error is None:
        return say(
            N_("The student's NLL is {student}, its twin's {twin}: {difference} nats per image, lower is better. This run did not keep what would tell that from chance.")
        ).format(**figures)  # fmt: skip
    sentence = say(
        N_(
            "The student's NLL is {student}, its twin's {twin}: {difference} ± {error} nats per image (± its standard error over the images), lower is better."
        )
    ).format(**figures, error=f"{found.standard_error:.{found.digits}f}")
    return together([sentence, say(BY_CHANCE)], say) if beside.nll == "alike" else sentence


def _fitted(student: Results, uncalibrated: str, say: Say) -> str:
    """Of a student whose probabilities are not to be taken at their word: why, and what a fitted temperature makes of them."""
    if not uncalibrated:
        return ""
    mark = say(UNCALIBRATED).format(why=say(uncalibrated))
    return f"{mark} {fitted_sentence(student, say)}".strip()


def fitted_sentence(tested: Results, say: Say = str) -> str:
    """What a temperature fitted on validation makes of a network's NLL; empty of runs that did not fit one."""
    if "fitted_temperature" not in tested:
        return ""
    return say(
        N_("NLL {before}; {after} after dividing its logits by T = {temperature}, fitted on validation.")
    ).format(
        before=_short(tested["test_nll"]),
        after=_short(tested["test_nll_fitted"]),
        temperature=f"{tested['fitted_temperature']:.2g}",
    )


def _short(nll: float) -> str:
    """2.23, 0.87, 0.062."""
    return f"{nll:.2f}" if nll >= 0.995 else f"{nll:.2g}"


def _teacher(results: Results, say: Say, count: Count) -> str:
    """What the teacher made, and how much larger it is where that is worth saying; empty where there is none."""
    if "teacher" not in results:
        return ""
    teacher, student = results["teacher"], results["student"]
    ratio = teacher["parameters"] / max(1, student["parameters"])
    made = errors(teacher["test_errors"], count)
    if ratio < LARGER:
        return say(N_("The teacher made {teacher}.")).format(teacher=made)
    return say(N_("The teacher made {teacher} with {ratio} times the student's parameters.")).format(
        teacher=made, ratio=f"{ratio:.2g}" if ratio < 100 else f"{ratio:,.0f}"
    )


def _circumstances(results: Results, say: Say) -> list[str]:
    """What of the run was trained by an earlier one."""
    found = []
    if run := results.get("twin_run"):
        found.append(say(N_("The twin was found: trained in run {run}.")).format(run=run))
    if results.get("preparation_found"):
        found.append(
            say(N_("What the method trains before the student was found: an earlier run trained it."))
        )
    return found
