"""The tables in docs/methods.md, made from assets/methods: `python -m scripts.method_table --write`.

`python -m kdcore compare --out` measured what that folder holds. Without `--write` the sections are printed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from kdcore.methods.registry import methods
from kdcore.studies import converged_report
from kdcore.studies.claims import Measure
from kdcore.studies.method_comparison import (
    NOT_COMPARED,
    Comparison,
    kept,
    table,
    uncalibrated_methods,
    uncalibrated_notes,
    verdicts,
)
from kdcore.texts import MARK

PAGE = Path(__file__).resolve().parent.parent / "docs" / "methods.md"
CLAIMED = "What may be claimed"
"""Heading of the findings."""
TITLES = {"mnist": "MNIST", "cifar10-jpeg": "CIFAR-10 (JPEG)"}
"""Of the datasets that methods were compared on."""


def markdown(comparison: Comparison) -> str:
    """The comparison's command, and one row per method by its name: mean errors and standard deviation over the seeds."""
    measured = sorted(comparison.rows, key=lambda row: row.method)
    head, *lines = table(measured)
    cards = {name: module.CARD for name, module in methods().items()}
    marked = uncalibrated_methods(comparison.experiment, measured)
    rows = [
        [
            f"`{name}`" + (f" {MARK}" if name in marked else ""),
            cards[name].transfers,
            *(cell or "–" for cell in cells),
        ]
        for name, *cells in lines
    ]
    head = [head[0], "transfers", *head[1:]]
    command = f"```sh\n.venv/bin/{_wrapped(comparison.command)}\n```"
    notes = uncalibrated_notes(comparison.experiment, measured, "`{}`".format)
    parts = [command, _table(head, rows), *_missing(comparison), *notes]
    if comparison.budget is not None:
        parts[1:1] = [
            converged_report.conclusion(comparison.budget),
            _table(*_head_and_lines(converged_report.evidence(comparison.budget))),
        ]
        details_head, details = _head_and_lines(converged_report.details(measured))
        parts.append(_table(details_head, [[f"`{name}`", *cells] for name, *cells in details]))
    return "\n\n".join(parts)


def _missing(comparison: Comparison) -> list[str]:
    """A sentence that names the methods of which nothing was measured here; none where all were."""
    names = methods().keys() - {row.method for row in comparison.rows} - {*NOT_COMPARED}
    return (
        [f"Not measured at this budget yet: {', '.join(f'`{name}`' for name in sorted(names))}."]
        if names
        else []
    )


def _head_and_lines(lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return lines[0], lines[1:]


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join([_line(head), "|---" * len(head) + "|", *map(_line, rows)])


def better_and_worse(
    comparisons: Sequence[Comparison], measure: Measure = "errors"
) -> tuple[list[str], list[str]]:
    """The methods that may be said to have less of the measure than their twin in every comparison, and those with more."""
    judged = [verdicts(comparison.rows) for comparison in comparisons]
    everywhere = [name for name in sorted(methods()) if all((name, measure) in of for of in judged)]
    better = [name for name in everywhere if all(of[name, measure].less for of in judged)]
    worse = [name for name in everywhere if all(of[name, measure].more for of in judged)]
    return better, worse


def findings(comparisons: Sequence[Comparison]) -> str:
    """A Markdown list of the methods of which something may be claimed: in each comparison, and in all of them."""
    items = [f"{title(one)}: {_claimed([one])}" for one in comparisons]
    return "\n".join(f"- {item}." for item in [*items, f"In every table: {_claimed(comparisons)}"])


def title(comparison: Comparison) -> str:
    """Its dataset, and with what budget."""
    budget = "in a hurry" if comparison.budget is None else "converged"
    return f"{TITLES[comparison.experiment.dataset]}, {budget}"


def _claimed(comparisons: Sequence[Comparison]) -> str:
    """What may be claimed in all of these; of NLL where they kept it."""
    better, worse = better_and_worse(comparisons)
    found = f"fewer errors than the twin: {_named(better)}; more errors: {_named(worse)}"
    if all(any(row.student_nll for row in comparison.rows) for comparison in comparisons):
        lower, higher = better_and_worse(comparisons, "nll")
        found += f"; a lower NLL: {_named(lower)}; a higher NLL: {_named(higher)}"
    return found


def _wrapped(command: str) -> str:
    """A long command on several lines that a shell reads as one."""
    return re.sub(r" (?=--student |--methods )", r" \\\n    ", command)


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def sections(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """The page's sections that are made of measurements, by heading."""
    return {CLAIMED: findings(comparisons), **{title(one): markdown(one) for one in comparisons}}


def with_sections(page: str, made: dict[str, str]) -> str:
    """The page with these sections made anew.

    Raises:
        ValueError: the page has no such heading.
    """
    for heading, text in made.items():
        section = re.compile(rf"(?ms)^## {re.escape(heading)}\n.*?(?=^## |\Z)")
        before, *rest = section.split(page)
        if not rest:
            raise ValueError(f"{PAGE.name} has no section '{heading}'.")
        page = f"{before}## {heading}\n\n{text}\n\n{''.join(rest)}"
    return page


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(with_sections(PAGE.read_text(encoding="utf-8"), sections(kept())), encoding="utf-8")
    else:
        print("\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections(kept()).items()))
