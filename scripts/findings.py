"""What was found, in five lines of the README, made from assets: `python -m scripts.findings`."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from kdcore.studies.claims import Verdict, seeds_text
from kdcore.studies.method_comparison import Comparison, kept, verdicts
from kdcore.studies.preset_verification import MeasuredPreset, judge
from kdcore.studies.presets import Claim
from scripts import hinton_table, method_table, preset_table
from scripts.preset_table import spread

PLAIN = "soft-targets"
SEEDS = {3: "three", 5: "five"}
HURRY = "after ten epochs, long before the twin has learned all that it can"
"""The budget of the tables of methods that are not converged."""


@dataclass(frozen=True)
class Finding:
    """What was measured of a preset, and which of its claims may be made."""

    measured: MeasuredPreset
    held: frozenset[Claim]

    def errors(self, who: str) -> str:
        """Mean test errors with their standard deviation."""
        return spread(self.measured.errors[who])

    def nll(self, who: str) -> str:
        """Mean NLL on test."""
        return f"{statistics.fmean(self.measured.nll[who]):.3f}"

    def unless(self, *claims: Claim) -> str:
        """What is said behind differences that cannot be claimed."""
        return "" if set(claims) <= self.held else " (too few seeds to claim it)"


FEWER, SURER = Claim("student", "twin"), Claim("student", "twin", "nll")


def lines() -> list[str]:
    """Items of a Markdown list. Errors are means over the seeds with their standard deviation."""
    presets = preset_table.measured()
    of = {
        one.preset.name: Finding(one, frozenset(found.claim for found in judged if found.verdict.holds))
        for one, judged in zip(presets, judge(presets), strict=True)
    }
    return [
        _few_images(of["digits-100"]),
        _all_labels(of["mnist-all"]),
        _no_help(of["mnist-plain"]),
        _labels_repaired(of["mnist-noisy"]),
        _unseen_class(),
        *(_converged(one) for one in kept() if one.budget is not None),
        _in_a_hurry([one for one in kept() if one.budget is None]),
    ]


def _few_images(found: Finding) -> str:
    return (
        f"- With 100 labelled digits a small network errs on {found.errors('twin')} of 360 test images; the same "
        f"network with a teacher's soft targets on {found.errors('student')}{found.unless(FEWER)}."
    )


def _all_labels(found: Finding) -> str:
    return (
        f"- With all of MNIST, trained until more epochs help the labels no more, it is {found.errors('student')} errors of 10,000 "
        f"against {found.errors('twin')}, and an NLL of {found.nll('student')} against {found.nll('twin')}{found.unless(FEWER, SURER)}: "
        "the student knows far better when it errs."
    )


def _no_help(found: Finding) -> str:
    return (
        f"- A tiny student of all of MNIST errs as often as its twin after 60 epochs ({found.errors('student')} and "
        f"{found.errors('twin')}). Its NLL is {found.nll('student')}, its twin's {found.nll('twin')}{found.unless(SURER)}: labels alone "
        "have made that network sure of its mistakes."
    )


def _labels_repaired(found: Finding) -> str:
    return (
        f"- With half of the labels of 20,000 images of MNIST random, soft targets cut {found.errors('twin')} errors of 10,000 to "
        f"{found.errors('student')}{found.unless(FEWER)}. In errors the teacher's bare answers do as well "
        f"({found.errors('argmax')}): that gain is repaired labels. The NLL is lower with soft targets ({found.nll('student')} against "
        f"{found.nll('argmax')})."
    )


def _unseen_class() -> str:
    runs = hinton_table.measured()["without_threes"]
    student, twin = (hinton_table.recalled(runs, role) for role in ("student", "twin"))
    return (
        f"- A student that never saw a 3 recognises {min(student):.1f} to {max(student):.1f} % of the threes once that "
        f"class's bias is tuned on validation images; its twin {min(twin):.1f} to {max(twin):.1f} %."
    )


def _converged(comparison: Comparison) -> str:
    measured = [row for row in comparison.rows if row.student]
    better, worse = map(_count, method_table.better_and_worse([comparison]))
    lower, higher = map(_count, method_table.better_and_worse([comparison], "nll"))
    return (
        f"- {len(measured)} methods were trained on {method_table.TITLES[comparison.experiment.dataset]} for "
        f"{comparison.experiment.recipe.epochs} epochs, after which the twin stops improving, each at its own best learning rate. Over "
        f"{SEEDS[len(measured[0].student)]} seeds {better} make fewer errors than their twin and {worse} more; the NLL is "
        f"lower for {lower} and higher for {higher}. Plain soft targets then: {_against_twin(comparison)}, {_nll_against_twin(comparison)}."
    )


def _count(names: list[str]) -> str:
    return f"{len(names)}" if names else "none"


def _in_a_hurry(comparisons: list[Comparison]) -> str:
    count = len(comparisons[0].rows)
    better, worse = map(len, method_table.better_and_worse(comparisons))
    claimed = "; ".join(map(_claimed, comparisons))
    plain = "; ".join(_against_twin(comparison) for comparison in comparisons)
    return (
        f"- In a hurry, {HURRY}, three seeds can tell these of {count} methods from their twin: {claimed}; "
        f"{_on_both(better, worse)}. Plain soft targets then: {plain}."
    )


def _on_both(better: int, worse: int) -> str:
    return f"on both {better} better and {worse} worse" if better or worse else "none on both"


def _claimed(comparison: Comparison) -> str:
    better, worse = map(len, method_table.better_and_worse([comparison]))
    return f"on {method_table.TITLES[comparison.experiment.dataset]} {better} better and {worse} worse"


def _against_twin(comparison: Comparison) -> str:
    row = next(row for row in comparison.rows if row.method == PLAIN)
    told = _told(verdicts(comparison.rows)[PLAIN, "errors"])
    title = method_table.TITLES[comparison.experiment.dataset]
    return f"{spread(row.student)} errors against {spread(row.twin)} on {title} ({told})"


def _nll_against_twin(comparison: Comparison) -> str:
    row = next(row for row in comparison.rows if row.method == PLAIN)
    told = _told(verdicts(comparison.rows)[PLAIN, "nll"])
    return f"an NLL of {statistics.fmean(row.student_nll):.3f} against {statistics.fmean(row.twin_nll):.3f} ({told})"


def _told(verdict: Verdict) -> str:
    if not verdict.holds:
        return seeds_text(verdict.seeds) or "not told apart"
    return "better" if verdict.less else "worse"


if __name__ == "__main__":
    print("\n".join(lines()))
