"""The report: its figures, its formulas, its curves, and nothing that it fetches."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest

from kdcore import export
from kdcore.export.html_report.formula import mathml
from kdcore.export.html_report.svg_chart import LineChart, SvgLine, round_numbers, svg
from kdcore.export.recorded_run import RecordedRun
from kdcore.methods.registry import cards
from kdcore.studies.run_conclusion import conclusion_of
from tests.kdcore.export.helpers import Finished, packed_export


class Fetched(HTMLParser):
    """What a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed"):
            self.found.append(tag)
        self.found += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "srcset") or name.startswith("on")
        ]


def test_a_report_escapes_what_a_user_wrote_and_fetches_nothing(finished: Finished) -> None:
    record = finished(title="<script>alert(1)</script><img src=x onerror=alert(1)>")
    for records in ([record], [record, finished()]):
        page = export.export_runs("html", records).packed().decode()
        parser = Fetched()
        parser.feed(page)
        assert parser.found == []
        assert "&lt;script&gt;alert(1)" in page
        assert "default-src 'none'" in page


def test_a_report_shows_the_figures_the_recipe_and_the_method(finished: Finished) -> None:
    record = finished()
    page = packed_export("html", record, server="https://example.org/lab").decode()
    for role in ("teacher", "twin", "student"):
        assert f"{record.run.results[role]['test_errors']} of 360" in page
    assert f"https://example.org/lab/train?run={record.run.id}" in page
    assert page.count("<svg") == 2
    assert "<math" in page
    assert escape(conclusion_of(record.run, changed=False), quote=False) in unescape_quotes(page)
    assert "Hinton, Vinyals and Dean 2015" in page


def unescape_quotes(page: str) -> str:
    return page.replace("&#39;", "'").replace("&#34;", '"')


def test_a_report_names_the_members_of_a_sweep_by_what_sets_them_apart(finished: Finished) -> None:
    varied = ("temperature", "teacher_weight")

    def member(**flat: object) -> RecordedRun:
        record = finished(**flat)
        swept = replace(record.run, title="sweep: temperature x teacher_weight", sweep="s", varied=varied)
        return replace(record, run=swept)

    one, other = member(), member(temperature=8)
    page = export.export_runs("html", [one, other]).packed().decode()
    assert '<th scope="row">1. T = 4</th>' in page
    assert '<th scope="row">2. T = 8</th>' in page
    assert "<summary>2. T = 8: Soft targets" in page
    alone = packed_export("html", other).decode()
    assert "sweep: temperature x teacher_weight · T = 8, teacher weight = 0.9, seed 0" in alone
    assert '<th scope="row">init seed</th><td>0</td></tr>' in alone, "its short recipe has its seed"


def test_a_comparison_shows_what_differs_and_no_more(finished: Finished) -> None:
    page = export.export_runs("html", [finished(), finished(temperature=8)]).packed().decode()
    differing = page.partition("What differs in their recipes")[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">([^<]+)</th>', differing) == ["temperature"]


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_every_formula_becomes_mathml(card: object) -> None:
    for formula in (card.formula, *card.symbols):  # type: ignore[attr-defined]
        assert "\\" not in mathml(formula)


def test_a_chart_keeps_out_what_has_no_place() -> None:
    assert svg(LineChart([], "nothing", "x", "y")) == ""
    nothing = [SvgLine("student", "s", [(0, 0.0), (1, float("nan"))])]
    assert svg(LineChart(nothing, "nothing", "x", "y", log=True)) == ""
    drawn = svg(LineChart([SvgLine("student", "<b>", [(0, 1.0), (1, 0.1)])], "t", "x", "y", log=True))
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert round_numbers(0, 150, 8) == [0, 20, 40, 60, 80, 100, 120, 140]
