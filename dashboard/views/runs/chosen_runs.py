"""The runs that are chosen in the table, as the link holds them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.data import run_manager
from dashboard.session import add_notice
from dashboard.text.translation import _, listing
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from kdcore.errors import RunRefused
from kdcore.runs.run_record import Run

MOST_CHOSEN = 100


def chosen_ids() -> list[str]:
    """The ids that the link says are chosen, each once, in the order in which they were chosen."""
    return list(dict.fromkeys(filter(None, st.query_params.get(Param.CHOSEN, "").split(","))))


def chosen_runs(deleted: bool, problems: list[str]) -> list[Run]:
    """The chosen runs, in the order in which they were chosen; a sentence names those that are not here."""
    if deleted:
        return []
    runs, missing = [], []
    for run_id in chosen_ids()[:MOST_CHOSEN]:
        try:
            runs.append(run_manager.manager().run(run_id))
        except RunRefused:
            missing.append(run_id)
    if missing:
        sentence = _("Some of the chosen runs are no longer here: {ids}.")
        problems.append(sentence.format(ids=listing(run_id[:6] for run_id in missing)))
    return runs


def without_faults(chosen: Sequence[Run], problems: list[str]) -> list[Run]:
    """The runs that can be compared: those without a fault on purpose; a sentence names the others."""
    faulty = [run for run in chosen if run.experiment.fault]
    if faulty:
        sentence = _("Left out of the comparison, since they have a fault on purpose or may have one: {ids}.")
        problems.append(sentence.format(ids=listing(run.id[:6] for run in faulty)))
    return [run for run in chosen if not run.experiment.fault]


def choose_runs(run_ids: Sequence[str]) -> None:
    """Write the chosen runs into the link, at most `MOST_CHOSEN`."""
    if len(run_ids) > MOST_CHOSEN:
        add_notice(_("Up to {n} runs can be compared at once.").format(n=MOST_CHOSEN))
    set_parameters(**{Param.CHOSEN: ",".join(run_ids[:MOST_CHOSEN]) or None})


def choose_none() -> None:
    """No run is chosen any more."""
    choose_runs([])
