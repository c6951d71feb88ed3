"""The tables in docs/reproductions.md, made from assets/reproductions: `python -m scripts.reproduction_table`.

`python -m kdcore reproduce NAME --out` measured what each of those files holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.studies.reproduction_report import claim_table, network_table, summary
from kdcore.studies.reproduction_runs import MeasuredPaper, kept


def markdown(measured: MeasuredPaper) -> str:
    """One paper: its question, its command, its claims beside ours, what was measured of every network, what differs."""
    paper = measured.paper
    return "\n\n".join(
        [
            f"{paper.asks} ({paper.citation})",
            f"```sh\n.venv/bin/{measured.command} --out assets/reproductions/{paper.name}.json\n```",
            _table(claim_table(measured)),
            f"{summary(measured)} All runs together took {minutes(measured)} minutes here.",
            _table(network_table(measured)),
            "\n".join(["What differs from the paper:", "", *(f"- {text}" for text in paper.differs)]),
        ]
    )


def minutes(measured: MeasuredPaper) -> int:
    """How long all runs took, in whole minutes."""
    return max(1, round(measured.seconds / 60))


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    print("\n\n".join(f"## {one.paper.title}\n\n{markdown(one)}" for one in kept()))
