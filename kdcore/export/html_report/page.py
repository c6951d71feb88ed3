"""The page: its templates with what they show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from kdcore.export.html_report.comparison_report import comparison_report
from kdcore.export.html_report.formula import mathml
from kdcore.export.html_report.run_report import run_report
from kdcore.export.html_report.svg_chart import role_colour, svg
from kdcore.export.recorded_run import RecordedRun
from kdcore.role_styles import FURTHER_STYLES, ROLE_STYLES, role_style
from kdcore.texts import N_, percent, signed
from kdcore.translation import ENGLISH, say, spoken_language


def report_page(records: Sequence[RecordedRun], server: str) -> str:
    """One HTML page about a run, or about several: their comparison, then each. `server` is where the runs' pages are."""
    runs = [run_report(record, server) for record in records]
    comparison = comparison_report(records) if len(records) > 1 else None
    return (
        _templates()
        .get_template("page.html.jinja")
        .render(
            title=say(N_("{n} runs compared")).format(n=len(runs)) if comparison else runs[0].title,
            language=(spoken_language() or ENGLISH).replace("_", "-"),
            runs=runs,
            comparison=comparison,
            role_styles={**ROLE_STYLES, "other": FURTHER_STYLES[0]},
        )
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("kdcore.export.html_report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    templates.filters |= {
        "said": say,
        "count": lambda number: f"{number:,}",
        "mathml": mathml,
        "percent": lambda share, of: say(N_("{n} %")).format(n=percent(share, of).removesuffix(" %")),
        "of_hundred": lambda number: say(N_("{n} %")).format(n=number),
        "role_colour": role_colour,
        "role_mark": lambda role: role_style(role).mark,
        "signed": signed,
        "svg": svg,
    }
    templates.globals["say"] = say
    return templates
