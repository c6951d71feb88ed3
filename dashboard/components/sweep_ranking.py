"""A sweep's ranking as HTML: the settings by their validation error, with their test errors beside their twins'."""

from __future__ import annotations

from html import escape
from typing import Any

from dashboard.components.html_table import html_table
from dashboard.components.sweep_answer import missing_text
from dashboard.data.sweep_progress import SweepProgress, setting_label
from dashboard.text.numbers import percent, signed
from dashboard.text.translation import _, together
from kdcore.studies.sweep_results import setting_errors

RANKED = 12
"""Settings that the ranking shows."""


def ranking_html(progress: SweepProgress, address: str) -> str:
    """The settings by their newest validation error, best first; empty where there is none. address: the start of a run's."""
    rows = ranking_rows(progress, address)
    if not rows:
        return ""
    heads = [_("setting"), _("validation error"), _("test errors"), _("errors, student − twin")]
    if progress.sweep.seeds > 1:
        heads = [
            _("setting"),
            _("validation error, mean"),
            _("test errors, mean"),
            _("errors, student − twin, mean ± standard error"),
        ]
    titles = [
        "",
        _("over the seeds, now"),
        _("over the seeds"),
        _("of the differences between student and twin of the same seed; below zero is better"),
    ]
    return html_table(heads, rows[:RANKED], titles)


def ranking_caption(progress: SweepProgress) -> str:
    """What the table leaves out; empty where it leaves out nothing."""
    ranked = len(progress.ranked())
    first = _("The first {n} of {all} settings.").format(n=RANKED, all=ranked)
    return together(filter(None, [first if ranked > RANKED else "", missing_text(progress)]))


def ranking_rows(progress: SweepProgress, address: str) -> list[list[str]]:
    """A row per setting, as HTML: place and setting, validation error, test errors, student minus twin."""
    tested = {setting_label(found.setting): found for found in setting_errors(progress.found_members)}
    rows = []
    for place, (error, group) in enumerate(progress.ranked(), 1):
        first, label = group[0], setting_label(group[0].spec.setting)
        name = escape(label)
        if first.run is not None:
            name = f'<a href="{escape(address + first.run.id)}" target="_self">{name}</a>'
        rows.append([f"{place}. {name}", percent(error, 400), *_tested_cells(tested.get(label))])
    return rows


def _tested_cells(tested: Any) -> list[str]:
    if tested is None:
        return ["–", "–"]
    apart = tested.against_twin
    spread = f" ± {apart.standard_error:.1f}" if len(tested.errors) > 1 else ""
    return [f"{sum(tested.errors) / len(tested.errors):.1f}", escape(signed(apart.mean, 1) + spread)]
