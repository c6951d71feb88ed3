"""The queue: which runs wait and whose they are, with one press to cancel all of this browser's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.runs_table_rows import sweep_title
from dashboard.data import run_manager
from dashboard.data.run_titles import run_title
from dashboard.data.screen import read_screen
from dashboard.session import add_notice
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, listing, ngettext, plain
from kdcore.runs.run_record import Run

MOST_SHOWN = 20


def waiting_list(owner: str) -> None:
    """Draw the queue; nothing where nothing waits."""
    manager = run_manager.manager()
    waiting = manager.waiting()
    if not waiting:
        return
    mine = [run for run in waiting if manager.may_command(run.id, owner)]
    # Where nobody is before it, it is about to begin: the style sheet shows such a queue only after a second.
    key = "queue_next" if waiting[0] in mine else "queue"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        with st.popover(_title(len(waiting), len(mine)), icon=":material/schedule:"):
            st.markdown("\n".join(_lines(waiting, {run.id for run in mine})))
        if mine:
            st.button(
                _("Cancel all of mine"),
                key="cancel_waiting",
                icon=":material/close:",
                help=_("Takes your runs out of the queue. What is being trained goes on; Stop ends it."),
                on_click=cancel_all_of_mine,
            )


def _title(waiting: int, mine: int) -> str:
    if waiting == mine:
        return ngettext("{n} run of yours waits", "{n} runs of yours wait", mine).format(n=grouped(mine))
    sentence = ngettext("{n} run waits, {mine} of yours", "{n} runs wait, {mine} of yours", waiting)
    return sentence.format(n=grouped(waiting), mine=grouped(mine))


def _lines(waiting: Sequence[Run], mine: set[str]) -> list[str]:
    """A numbered line for each run, and one for all students of a sweep that stand together."""
    jobs = [list(job) for _key, job in groupby(waiting, lambda run: run.sweep or run.id)]
    yours, others = _("yours"), _("another browser's")
    lines = [
        f"{place}. {plain(_job_title(job))} · {yours if job[0].id in mine else others}"
        for place, job in enumerate(jobs[:MOST_SHOWN], 1)
    ]
    if rest := len(jobs) - len(lines):
        lines.append("\n" + ngettext("and {n} more", "and {n} more", rest).format(n=grouped(rest)))
    return lines


def _job_title(job: Sequence[Run]) -> str:
    first = job[0]
    if not first.sweep:
        return run_title(first) if first.experiment.fault else _(first.title) or run_title(first)
    runs = ngettext("{n} run", "{n} runs", len(job)).format(n=grouped(len(job)))
    return listing([sweep_title(first.varied), runs])


def cancel_all_of_mine() -> None:
    """The button was pressed."""
    with errors_as_notices():
        n = run_manager.manager().cancel_waiting(read_screen().owner)
        add_notice(ngettext("{n} run is cancelled.", "{n} runs are cancelled.", n).format(n=grouped(n)))
