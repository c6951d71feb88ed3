"""What was found, in five lines of the README, made from assets: `python -m scripts.findings`."""

from __future__ import annotations

from kdcore.studies.claims import Verdict
from kdcore.studies.method_comparison import Comparison, kept, verdicts
from kdcore.studies.preset_verification import judge
from scripts import hinton_table, method_table, preset_table
from scripts.preset_table import spread

PLAIN = "soft-targets"
Errors = dict[str, tuple[int, ...]]


def lines() -> list[str]:
    """Items of a Markdown list. Errors are means over three seeds with their standard deviation."""
    presets = preset_table.measured()
    errors = {one.preset.name: one.errors for one in presets}
    held = {
        (one.preset.name, found.claim.better, found.claim.worse): found.verdict.holds
        for one, judged in zip(presets, judge(presets), strict=True)
        for found in judged
    }
    return [
        _few_images(errors["digits-100"], held["digits-100", "student", "twin"]),
        _unseen_class(),
        _labels_repaired(errors["mnist-noisy"], held["mnist-noisy", "student", "twin"]),
        _no_help(errors["mnist-plain"], held["mnist-plain", "twin", "student"]),
        _methods(kept()),
    ]


def _few_images(errors: Errors, holds: bool) -> str:
    return (
        f"- With 100 labelled digits a small network errs on {spread(errors['twin'])} of 360 test images; the same "
        f"network with a teacher's soft targets on {spread(errors['student'])}{_unless(holds)}."
    )


def _unless(holds: bool) -> str:
    """What is said behind a difference that cannot be claimed."""
    return "" if holds else " (too few seeds to claim it)"


def _unseen_class() -> str:
    runs = hinton_table.measured()["without_threes"]
    student, twin = (hinton_table.recalled(runs, role) for role in ("student", "twin"))
    return (
        f"- A student that never saw a 3 recognises {min(student):.1f} to {max(student):.1f} % of the threes once that "
        f"class's bias is tuned on validation images; its twin {min(twin):.1f} to {max(twin):.1f} %."
    )


def _labels_repaired(errors: Errors, holds: bool) -> str:
    return (
        f"- With half of the labels random, soft targets cut {spread(errors['twin'])} errors of 10,000 to "
        f"{spread(errors['student'])}{_unless(holds)}. The teacher's bare answers do as well ({spread(errors['argmax'])}): that gain "
        "is repaired labels, not dark knowledge."
    )


def _no_help(errors: Errors, holds: bool) -> str:
    return (
        "- On all of MNIST, with a tiny student and five epochs, distillation hurts: "
        f"{spread(errors['student'])} errors against {spread(errors['twin'])}{_unless(holds)}."
    )


def _methods(comparisons: list[Comparison]) -> str:
    count = len(comparisons[0].rows)
    better, worse = map(len, method_table.better_and_worse(comparisons))
    claimed = "; ".join(map(_claimed, reversed(comparisons)))
    plain = "; ".join(_against_twin(comparison) for comparison in reversed(comparisons))
    return (
        f"- Of {count} methods, with one teacher, student and budget per dataset, three seeds can tell these from "
        f"their twin: {claimed}; {_on_both(better, worse)}. Plain soft targets: {plain}."
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


def _told(verdict: Verdict) -> str:
    if not verdict.holds:
        return "not told apart"
    return "better" if verdict.less else "worse"


if __name__ == "__main__":
    print("\n".join(lines()))
