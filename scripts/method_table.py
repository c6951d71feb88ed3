"""The tables in docs/methods.md, made from assets/methods: `python -m scripts.method_table`.

`python -m kdcore compare --out` measured what that folder holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.methods.registry import methods
from kdcore.studies.claims import fewer_errors
from kdcore.studies.method_comparison import Comparison, kept, table


def markdown(comparison: Comparison) -> str:
    """The comparison's command, and one row per method: mean errors and standard deviation over the seeds."""
    head, *lines = table(comparison.rows)
    cards = {name: module.CARD for name, module in methods().items()}
    rows = [
        [f"`{name}`", cards[name].transfers, *cells]
        if any(cells[:-1])
        else [f"`{name}`", cards[name].transfers, "–", "–", "–", cells[-1]]
        for name, *cells in lines
    ]
    command = f"```sh\n.venv/bin/{_wrapped(comparison.command)}\n```"
    return "\n".join(
        [command, "", _line([head[0], "transfers", *head[1:]]), "|---" * 6 + "|", *map(_line, rows)]
    )


def better_and_worse(comparisons: Sequence[Comparison]) -> tuple[list[str], list[str]]:
    """The methods that may be said to err less, and those that err more, than their twin in every comparison.

    `kdcore.studies.claims.fewer_errors` decides.
    """
    rows = [{row.method: row for row in comparison.rows if not row.refused} for comparison in comparisons]
    everywhere = [name for name in methods() if all(name in by_method for by_method in rows)]
    better = [n for n in everywhere if all(fewer_errors(of[n].student, of[n].twin).holds for of in rows)]
    worse = [n for n in everywhere if all(fewer_errors(of[n].twin, of[n].student).holds for of in rows)]
    return better, worse


def sentence(comparisons: Sequence[Comparison]) -> str:
    """Names the methods that are better than their twin in every comparison, and those that are worse."""
    better, worse = better_and_worse(comparisons)
    return (
        "With every seed, and by more than two standard errors, better than the twin in both tables: "
        f"{_named(better)}; worse in both: {_named(worse)}."
    )


def _wrapped(command: str) -> str:
    """A long command on two lines that a shell reads as one."""
    return command.replace(" --student ", " \\\n    --student ")


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n\n".join([*map(markdown, kept()), sentence(kept())]))
