"""A report in one HTML file: it opens without a network, and no text in it is taken for a program."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_curves
from kdcore.texts import N_
from kdcore.translation import speaking

FORMAT = ExportFormat("html", N_("HTML"), N_("Report"), "report.html", "text/html", several_runs=True)


def refusal(record: RecordedRun) -> str:
    """A run needs curves."""
    return refusal_without_curves(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """Figures, curves, recipe, method and link; of several runs their comparison before them."""
    from kdcore.export.html_report import report_page

    with speaking(options.language):
        return {"report.html": report_page(records, options.server).encode()}
