"""docs/reproductions.md, made from assets/reproductions: `python -m scripts.reproduction_table --write`.

`python -m kdcore reproduce NAME --out` measured what each of those files holds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from kdcore.studies.reproduction_report import claim_table, network_table, summary
from kdcore.studies.reproduction_runs import MeasuredPaper, judge, kept

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reproductions.md"
INTRODUCTION = """# Papers, measured again

Each of these commands repeats what a paper claims, at a size at which two cores need minutes to some two hours. A claim says which
network has less of something, and is tested on that side, seed by seed; all claims of a paper are corrected together, at 5 % in
all ([claims.md](claims.md)). A claim that fails here is said to fail: below each table stands what differs from the paper. If you
interrupt a command, the same command resumes after the last run that was finished. Hinton, Vinyals and Dean 2015 has
[its own page](hinton2015.md).

This page is made by `.venv/bin/python -m scripts.reproduction_table` from the raw results in `assets/reproductions`, and stands on
the Reference page of the dashboard too."""


def page(papers: Sequence[MeasuredPaper]) -> str:
    """The whole page: an introduction, how many claims of each paper hold, and a section per paper."""
    sections = [f"## {one.paper.title}\n\n{markdown(one)}" for one in papers]
    return "\n\n".join([INTRODUCTION, _table(overview(papers)), *sections]) + "\n"


def overview(papers: Sequence[MeasuredPaper]) -> list[list[str]]:
    """The head, and a row per paper: its question, and how many of its claims hold."""
    rows = []
    for one in papers:
        judged = judge(one)
        held = sum(found.verdict.holds for found in judged)
        rows.append([one.paper.title, one.paper.asks, f"{held} of {len(judged)}"])
    return [["paper", "question", "claims that hold here"], *rows]


def markdown(measured: MeasuredPaper) -> str:
    """One paper: its question, its command, its claims beside ours, what was measured of every network, what differs."""
    paper = measured.paper
    return "\n\n".join(
        [
            f"{paper.asks} {paper.citation}.",
            f"```sh\n.venv/bin/{measured.command} --out assets/reproductions/{paper.name}.json\n```",
            _table(claim_table(measured)),
            f"{summary(measured)} {duration(measured)}",
            _table(network_table(measured)),
            "What differs from the paper:",
            "\n".join(f"- {text}" for text in paper.differs),
        ]
    )


def duration(measured: MeasuredPaper) -> str:
    """How long all runs took together, in a sentence."""
    minutes = max(1, round(measured.seconds / 60))
    length = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"All runs together took {length} on one thread of a machine that others used meanwhile."


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    text = page(kept())
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
