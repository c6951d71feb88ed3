"""The rows of a class's board: one mark a run, and nobody's name unless the lecturer turned names on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard.pages import TRAIN
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from kdcore.classroom.class_board import BoardRun

COLUMNS = ("kind", "T", "weight", "errors", "share", "twin", "text", "status", "url", "who")
MARK = "mark"


def board_table(runs: Sequence[BoardRun], called: Mapping[int, str], pinned: str) -> dict[str, Any]:
    """The runs that have finished, as columns and rows for a chart; called: members' names by number, where these are shown."""
    done = [run for run in runs if run.status == "finished" and run.errors is not None and run.images]
    return {"columns": [*COLUMNS], "rows": [_row(run, called.get(run.member, ""), pinned) for run in done]}


def _row(run: BoardRun, who: str, pinned: str) -> list[Any]:
    assert run.errors is not None
    assert run.images
    status = "pinned" if run.id == pinned else "run"
    share = round(run.errors / run.images, 6)
    return [
        MARK, run.temperature, run.weight, run.errors, share, run.twin_errors, run_sentence(run, who), status, run_address(run.id), who,
    ]  # fmt: skip


def run_address(run_id: str) -> str:
    """The address of a run from any page of the server."""
    return f"{TRAIN}?{urlencode({Param.RUN: run_id})}"


def run_sentence(run: BoardRun, who: str = "") -> str:
    """A run on the board in words."""
    template = _("T = {T}, weight on teacher {weight}: {errors} of {images} wrong, twin {twin}.")
    said = template.format(
        T=f"{run.temperature:g}", weight=f"{run.weight:g}", errors=f"{run.errors or 0:,}", images=f"{run.images or 0:,}",
        twin="–" if run.twin_errors is None else f"{run.twin_errors:,}",
    )  # fmt: skip
    return _("{name}: {what}").format(name=who, what=said) if who else said
