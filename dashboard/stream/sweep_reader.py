"""What the page of a sweep shows while it trains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any, get_args

import pandas as pd

from dashboard.charts.sweep_curves import sweep_curves_rows
from dashboard.components.sweep_answer import answer_caption, answer_chart, curves_caption, drawn_by_script
from dashboard.components.sweep_ranking import ranking_caption, ranking_html
from dashboard.data import sweep_progress
from dashboard.data.sweep_progress import SweepProgress
from dashboard.data.sweep_status import (
    active_runs_of,
    sweep_share_done,
    sweep_state,
    sweep_status_text,
)
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.text.roles import Theme
from kdcore.studies.sweep import Sweep
from kdcore.translation import speaking

PAUSE = 0.25


class SweepReader:
    """One sweep in one language. address: the start of its runs' addresses."""

    pause = PAUSE

    def __init__(self, sweep: Sweep, address: str, language: str) -> None:
        self._sweep, self._address, self._language = sweep, address, language
        self._seen: SweepProgress | None = None

    def check(self) -> None:
        """A sweep is there before its runs are."""

    def read(self) -> PageSnapshot | None:
        """What the page shows now; None where it was read in this moment already."""
        progress = sweep_progress.progress_of(self._sweep)
        if progress is self._seen:
            return None
        self._seen = progress
        with speaking(self._language):
            return sweep_snapshot(progress, self._address)


def sweep_snapshot(progress: SweepProgress, address: str) -> PageSnapshot:
    """All that the page shows of the sweep while it goes on."""
    active = active_runs_of(progress)
    values: dict[str, Any] = {
        "state": sweep_state(progress, drawn_by_script(progress, address)),
        "text": sweep_status_text(progress, active),
        "share": round(sweep_share_done(progress, active), 4),
        "ranking": ranking_html(progress, address),
        "ranking.caption": f'<p class="small">{escape(ranking_caption(progress))}</p>',
        **(_figures(progress, address) if progress.started else {}),
    }
    charts = {"members": sweep_curves_rows(progress)} if progress.started else {}
    return PageSnapshot(values, charts, ended=not progress.live)


def _figures(progress: SweepProgress, address: str) -> Mapping[str, Any]:
    captions = {f"answer.caption.{theme}": answer_caption(progress, theme) for theme in get_args(Theme)}
    return {
        "table.answer": _table(answer_chart(progress, "light", address).frame),
        "curves.caption": curves_caption(progress),
        **captions,
    }


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame as its columns and rows of JSON values."""
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return {"columns": [*frame.columns], "rows": rows}


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
