"""A report in one HTML file: it opens without a network, and no text in it is taken for a program."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, unsaid
from kdcore.texts import N_

FORMAT = Format("html", N_("HTML"), N_("Report"), "report.html", "text/html", several=True)


def refusal(record: Record) -> str:
    """A run that has said nothing has nothing to report."""
    return unsaid(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """Figures, curves, recipe, method and link; of several runs their comparison before them."""
    from kdcore.export.html_report import page

    return {"report.html": page(records, options).encode()}
