"""What happens when a sweep is started: the checks, the queue, and what is said of students that were trained before."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import run_manager, sweep_link, sweep_progress
from dashboard.data.screen import read_screen
from dashboard.data.start_run import who_starts
from dashboard.data.sweep_prospect import longest_student
from dashboard.session import add_notice, started_sweeps
from dashboard.text.translation import _, ngettext
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.views.sweep.form import refused_settings, take_seeds
from kdcore.studies.sweep_training import queue_missing


def start_sweep(seeds: int | None = None, vary: str | None = None) -> None:
    """Start was pressed: what is missing is queued, what was trained before is left.

    seeds: so many in place of the link's, which has them once they are queued. vary: the same of what is varied.
    """
    with errors_as_notices():
        screen, link = read_screen(), st.query_params.to_dict()
        if seeds is not None:
            link[Param.SEEDS] = str(seeds)
        if vary is not None:
            link[Param.VARY] = vary
        sweep = sweep_link.read_sweep(link, screen.draft, [])
        if refused := refused_settings(screen, sweep):
            sentence = _("Nothing was started: correct the values of {field} first.")
            add_notice(sentence.format(field=refused[0]))
            return
        manager = run_manager.manager()
        manager.admission.check(owner := who_starts(screen.owner), longest_student(sweep))
        set_parameters(
            vary=sweep_link.vary_text(sweep.vary)
        )  # from now on it is this sweep that the link shows
        queued = queue_missing(sweep, manager.store, owner, manager.admission.limits)
        started_sweeps().add(sweep.hash)
        if seeds is not None:
            take_seeds(seeds)
        sweep_progress.forget_progress()
        if queued < sweep.size:
            add_notice(_reused(queued, sweep.size))


def _reused(queued: int, size: int) -> str:
    """How many of a sweep's students were trained before, and how many are trained now."""
    if not queued:
        sentence = ngettext(
            "The {n} student was trained before: nothing is trained again.",
            "All {n} students were trained before: nothing is trained again.",
            size,
        )
        return sentence.format(n=size)
    sentence = ngettext(
        "{there} of {n} students were trained before: the other one is trained now.",
        "{there} of {n} students were trained before: the other {rest} are trained now.",
        queued,
    )
    return sentence.format(there=size - queued, n=size, rest=queued)
