"""The README's tables of methods, made from what `python -m kdcore compare --out` measured (assets/methods)."""

from __future__ import annotations

from kdcore.methods import methods
from kdcore.studies.compare import Comparison, kept, table


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


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n\n".join(markdown(comparison) for comparison in kept()))
