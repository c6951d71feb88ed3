"""The picker of the networks that a page shows: those of a run, or the teachers that the link names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_address, live_state
from dashboard.data import run_manager
from dashboard.data.page_state import is_going_on
from dashboard.data.run_titles import run_title
from dashboard.data.selected_run import is_any_selected
from dashboard.pages import TRAIN, page_at
from dashboard.text.roles import role
from dashboard.text.translation import _, listing, plain, together
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import left_out
from dashboard.url.widget_values import is_echo, sync_widget
from kdcore.inference import models
from kdcore.inference.models import roles
from kdcore.runs.runs_folder import runs_folder

if TYPE_CHECKING:
    from dashboard.data.screen import Screen
    from kdcore.inference.models import InferenceModel
    from kdcore.runs.run_record import Run

RUNS = 30
LETTER, CHROME, WIDEST = 8, 64, 620
"""Pixels of a letter, of a box around its text, and of the widest box: the picker is as wide as its words."""
Choose = Callable[[str | None], None]
"""Called with the choice, None for what the page shows by default."""


def pick(
    screen: Screen,
    key: str,
    offered: dict[str, str],
    taught: Sequence[InferenceModel],
    tested: Sequence[InferenceModel],
    problems: list[str],
    choose: Choose,
) -> tuple[InferenceModel, ...]:
    """The networks to show, the first of them the reference; draws the picker under that session key.

    offered: what can be chosen, by what the link says of it; the first is shown where the link says nothing. taught: the
    teachers that the link may name, also in sets that are not offered. tested: the networks of the link's run, which are
    shown where there are any.
    """
    if not offered:
        return ()
    default = next(iter(offered))
    wanted = f"run:{screen.run.id}" if tested and screen.run else st.query_params.get(Param.OF, default)
    shown = tuple(tested) or _named(wanted, taught)
    if not shown:
        why = _("there are no such networks here that can be asked about these images.")
        problems.append(left_out(Param.OF, why, offered[default]))
        wanted, shown = default, _named(default, taught)
    if tested and screen.run and (gone := _gone(screen.run, tested)):
        problems.append(gone)
    offered.setdefault(wanted, " · ".join(network.title for network in shown))
    picker(key, offered, wanted, choose)
    return shown


def picker(key: str, offered: dict[str, str], chosen: str, choose: Choose) -> None:
    """The choice among networks by what the link says of them, the first being shown where it says nothing."""
    sync_widget(key, chosen)
    st.selectbox(
        _("Networks"),
        list(offered),
        list(offered).index(chosen),
        format_func=lambda one: offered.get(one, one),
        key=key,
        on_change=_changed,
        args=(key, next(iter(offered)), choose),
        label_visibility="collapsed",
        width=min(WIDEST, CHROME + LETTER * max(map(len, offered.values()))),
    )


def finished_runs(shown: Run | None, fits: Callable[[Run], bool]) -> dict[str, str]:
    """The newest tested runs that fit, and the one that is shown, as a picker offers them."""
    tested = [
        run for run in run_manager.manager().runs(limit=RUNS) if run.results.get("dataset") and fits(run)
    ]
    if shown and shown.id not in {run.id for run in tested}:
        tested.append(shown)
    return {f"run:{run.id}": run_title(run) for run in tested}


def of_run(run: Run | None) -> list[InferenceModel]:
    """Teacher, twin and students of a run, as far as their weights are here."""
    return models.of_run(run, runs_folder()) if run else []


def say_unasked(run: Run, further: str = "") -> None:
    """Draw why this run's networks cannot be asked, a further sentence, and a link back to the run.

    The page runs again when a run that goes on has ended: then they can be.
    """
    if is_going_on(run):
        live_state("run_end", live_address(run.id), None)
        why = _("Run {id} has not been tested yet: its networks can be asked when it has ended.")
    elif not run.results.get("dataset"):
        why = _("Run {id} ended before its networks were tested: they cannot be asked.")
    else:
        why = _("The weights of run {id} are no longer here: its networks cannot be asked.")
    with st.container(horizontal=True, vertical_alignment="center", key="unasked"):
        st.info(together(filter(None, [why.format(id=plain(run.id[:6])), further])))
        st.page_link(
            page_at(TRAIN),
            label=_("Go to the run"),
            icon=":material/arrow_back:",
            query_params={Param.RUN: run.id},
        )


def _gone(run: Run, tested: Sequence[InferenceModel]) -> str:
    """Which of a run's networks cannot be shown; empty where all can."""
    gone = [role(name).in_words for name in roles(run) if name not in {one.role for one in tested}]
    sentence = _("The weights of some networks of this run are no longer here: {networks}.")
    return sentence.format(networks=listing(gone)) if gone else ""


def _named(wanted: str, taught: Sequence[InferenceModel]) -> tuple[InferenceModel, ...]:
    """The teachers that a list of keys names, where they are among these and know the same images; else none."""
    by_key = {network.key: network for network in taught}
    named = [by_key[key] for key in dict.fromkeys(wanted.split(",")) if key in by_key]
    if len(named) < len(set(wanted.split(","))) or len({one.knows for one in named}) != 1:
        return ()
    first, *others = named
    # A role that no run has: a teacher whose title is a role's name must not be taken for one.
    return (first, *(replace(one, role=f"teacher {n}") for n, one in enumerate(others, 2)))


def _changed(key: str, default: str, choose: Choose) -> None:
    if not is_echo(key):
        with errors_as_notices():
            chosen = st.session_state[key]
            usual = chosen == default and not is_any_selected()
            choose(None if usual else chosen)
