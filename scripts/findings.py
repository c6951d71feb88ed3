"""What was found, in five lines of the README, made from assets: `python -m scripts.findings`."""

from __future__ import annotations

from kdcore.studies.method_comparison import Comparison, kept
from scripts import hinton_table, method_table, preset_table
from scripts.preset_table import spread

PLAIN = "soft-targets"


def lines() -> list[str]:
    """Items of a Markdown list. Errors are means over three seeds with their standard deviation."""
    errors = {preset["preset"]: preset["errors"] for preset in preset_table.measured()}
    return [
        _few_images(errors["digits-100"]),
        _unseen_class(),
        _labels_repaired(errors["mnist-noisy"]),
        _no_help(errors["mnist-plain"]),
        _methods(kept()),
    ]


def _few_images(errors: dict[str, list[int]]) -> str:
    return (
        f"- With 100 labelled digits a small network errs on {spread(errors['twin'])} of 360 test images; the same "
        f"network with a teacher's soft targets on {spread(errors['student'])}."
    )


def _unseen_class() -> str:
    runs = hinton_table.measured()["without_threes"]
    student, twin = (hinton_table.recalled(runs, role) for role in ("student", "twin"))
    return (
        f"- A student that never saw a 3 recognises {min(student):.1f} to {max(student):.1f} % of the threes once that "
        f"class's bias is tuned on validation images; its twin {min(twin):.1f} to {max(twin):.1f} %."
    )


def _labels_repaired(errors: dict[str, list[int]]) -> str:
    return (
        f"- With half of the labels random, soft targets cut {spread(errors['twin'])} errors of 10,000 to "
        f"{spread(errors['student'])}. The teacher's bare answers do as well ({spread(errors['argmax'])}): that gain "
        "is repaired labels, not dark knowledge."
    )


def _no_help(errors: dict[str, list[int]]) -> str:
    return (
        "- On all of MNIST, with a tiny student and five epochs, distillation hurts: "
        f"{spread(errors['student'])} errors against {spread(errors['twin'])}."
    )


def _methods(comparisons: list[Comparison]) -> str:
    better, worse = method_table.better_and_worse(comparisons)
    plain = "; ".join(_against_twin(comparison) for comparison in reversed(comparisons))
    count = len(comparisons[0].rows)
    return (
        f"- Of {count} methods, with one teacher, student and budget per dataset, {len(better)} beat their twin on both "
        f"datasets and {len(worse)} lose on both. Plain soft targets do not win there: {plain}."
    )


def _against_twin(comparison: Comparison) -> str:
    row = next(row for row in comparison.rows if row.method == PLAIN)
    title = {"mnist": "MNIST", "cifar10-jpeg": "CIFAR-10 (JPEG)"}[comparison.experiment.dataset]
    return f"{spread(row.student)} errors against {spread(row.twin)} on {title}"


if __name__ == "__main__":
    print("\n".join(lines()))
