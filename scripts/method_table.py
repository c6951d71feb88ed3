"""The README's tables of methods, made from what `python -m kdcore compare --out` measured (assets/methods)."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.methods import methods
from kdcore.studies.claims import fewer_errors
from kdcore.studies.method_comparison import Comparison, kept, table


def markdown(comparison: Comparison) -> str:
    """The comparison's command, and a line a method: mean errors and standard deviation over the seeds."""
    head, *lines = table(comparison.rows)
    cards = {name: found.CARD for name, found in methods().items()}
    rows = [
        [f"`{name}`", cards[name].transfers, *cells]
        if any(cells[:-1])
        else [f"`{name}`", cards[name].transfers, "–", "–", "–", cells[-1]]
        for name, *cells in lines
    ]
    images = f"`{comparison.command}`"
    return "\n".join(
        [images, "", _line([head[0], "transfers", *head[1:]]), "|---" * 6 + "|", *map(_line, rows)]
    )


def sentence(comparisons: Sequence[Comparison]) -> str:
    """Which methods may be said to err less, or more, than their twin in every comparison (`fewer_errors`)."""
    rows = [{row.method: row for row in comparison.rows if not row.refused} for comparison in comparisons]
    everywhere = [name for name in methods() if all(name in found for found in rows)]
    better = [n for n in everywhere if all(fewer_errors(of[n].student, of[n].twin).holds for of in rows)]
    worse = [n for n in everywhere if all(fewer_errors(of[n].twin, of[n].student).holds for of in rows)]
    return (
        "With every seed, and by more than two standard errors, better than the twin in both tables: "
        f"{_named(better)}; worse in both: {_named(worse)}."
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n\n".join([*map(markdown, kept()), sentence(kept())]))
