"""The manual's page of reproductions: a section per paper, with its command, its claims and what differs."""

from __future__ import annotations

import shlex

from kdcore.cli.main import build_parser
from kdcore.studies.reproduction_registry import papers
from scripts import reproduction_table
from tests.kdcore.studies.small_papers import TINY
from tests.kdcore.studies.test_reproduction_runs import measured_by_hand
from tests.manual import commands, section

MEASURED = measured_by_hand(
    {
        "warm": [(100, 50), (110, 61), (105, 54), (102, 52)],
        "hot": [(100, 120), (110, 123), (105, 130), (102, 99)],
    }
)


def test_a_section_has_the_claims_the_figures_and_what_differs() -> None:
    text = section(reproduction_table.page([MEASURED]), TINY.title)
    for claim in TINY.claims:
        assert f"| {claim.says} | {claim.paper} ({claim.source}) |" in text
    assert "- Everything." in text
    assert "All runs together took 1 minutes" not in text
    assert "took 1 minute on" in text


def test_the_overview_counts_the_claims_that_hold() -> None:
    assert reproduction_table.overview([MEASURED])[1] == [TINY.title, TINY.asks, "2 of 3"]


def test_the_command_is_one_that_the_program_takes() -> None:
    paper = next(iter(papers().values()))
    text = reproduction_table.page([MEASURED]).replace("tiny", paper.name)
    [command] = [line for line in commands(text) if "reproduce" in line]
    options = build_parser().parse_args(shlex.split(command)[3:])
    assert (options.paper, options.seeds) == (paper.name, 4)
    assert str(options.out) == f"assets/reproductions/{paper.name}.json"
