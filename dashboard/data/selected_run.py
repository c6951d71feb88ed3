"""The run that was selected last, on every page: shown by those that show runs, kept in the link by the others.

The link names it in one of two parameters: `run` on a page that shows it, `selected` on one that shows something else
(a sweep, other networks), so that whoever comes back to Train finds it again.
"""

from __future__ import annotations

import streamlit as st

from dashboard.data import run_manager
from dashboard.data.page_parameters import ROOT
from dashboard.data.screen import read_screen
from dashboard.pages import DARK_KNOWLEDGE, SOFT_TARGETS, SWEEP
from dashboard.url.parameters import Param
from dashboard.url.permalink import recipe_link
from kdcore.studies.presets import PRESETS


def link_to(path: str) -> dict[str, str]:
    """The parameters that a link from the present page to the one at that path carries.

    Raises:
        RunRefused: the selected run is not here any more.
    """
    link = st.query_params.to_dict()
    looks_elsewhere = path in (ROOT, SOFT_TARGETS, DARK_KNOWLEDGE) and Param.OF in link
    if path == SWEEP or looks_elsewhere:
        return put_aside() if Param.RUN in link else link
    return _taken_up(link[Param.SELECTED]) if Param.SELECTED in link else link


def put_aside() -> dict[str, str]:
    """The present link with the shown run only kept, and the recipe written out in its place."""
    screen = read_screen()
    kept = None if screen.run is None or screen.run.has_members else screen.run.id
    return recipe_link(screen.draft, PRESETS[0].experiment, run=None, preset=None, selected=kept)


def _taken_up(run_id: str) -> dict[str, str]:
    """The present link with the kept run shown, and what the recipe has changed since."""
    base = run_manager.manager().run(run_id).experiment
    return recipe_link(read_screen().draft, base, run=run_id, preset=None, selected=None)


def is_any_selected() -> bool:
    """Whether the link names a run, shown or kept."""
    return Param.RUN in st.query_params or Param.SELECTED in st.query_params
