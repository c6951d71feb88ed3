"""The Dark knowledge page: what several networks know of the same images; one selection drives every view of it."""

from __future__ import annotations

import streamlit as st

from dashboard.components import network_picker
from dashboard.components.inference_wait import wait_for_outputs, wait_until_warm
from dashboard.components.live_region import live_region
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.data.compared_networks import compared_networks, is_of_run
from dashboard.data.screen import Screen
from dashboard.text.translation import _
from dashboard.url.parameters import OMITTED_CLASSES
from dashboard.views.dark_knowledge import selection
from dashboard.views.dark_knowledge.network_choice import choose_networks
from dashboard.views.dark_knowledge.overview import overview_html
from dashboard.views.dark_knowledge.page_controls import (
    choose_split,
    choose_temperature,
    selected_cell,
    temperature_in_link,
)
from dashboard.views.dark_knowledge.view_choice import ALL_VIEWS, view_in_link, view_path
from dashboard.views.dark_knowledge.view_claims import Claimed
from dashboard.views.dark_knowledge.view_state import ViewState, fold_below_clicked

LEFT, RIGHT = 2.5, 1.0
AT_A_TEMPERATURE = ("similarity", "fidelity")
"""The views that compare soft targets; what is selected always shows some."""


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    with notices_above(screen) as problems:
        if wait_until_warm():
            _compare(screen, problems)


def _compare(screen: Screen, problems: list[str]) -> None:
    with st.container(key="comparing"):
        columns = st.columns([2.2, 1, 1.6], vertical_alignment="center")
        with columns[0]:
            shown = choose_networks(screen, problems)
        if not shown and screen.run:
            network_picker.say_unasked(screen.run, _("Choose others above."))
            return
        with columns[1]:
            split = choose_split(problems)
    cell = selected_cell(shown[0].classes, problems)
    if not wait_for_outputs(shown, (split,)):
        return
    compared = compared_networks(shown, split)
    if compared is None:
        st.info(_("These answers cannot be read. Load the page again."))
        return
    run = screen.run if is_of_run(shown[0]) else None
    view, temperature = view_in_link(run, problems), temperature_in_link(screen, run, problems)
    st.html(overview_html(compared, unbiased=view == OMITTED_CLASSES))
    if view in AT_A_TEMPERATURE or cell:
        with columns[2]:
            choose_temperature(temperature)
    view_path(run, view, Claimed(compared, temperature, run.experiment.omit if run else ()))
    state = ViewState(view, compared, temperature, cell, run, problems)
    with st.container(key="compared"):
        main, side = st.columns([LEFT, RIGHT], gap="large")
    with main, st.container(key="view"):
        ALL_VIEWS[view][1](state)
        if cell is None:
            selection.invite(state)
    with side, st.container(key="selection"):
        selection.draw(state)
    fold_below_clicked()
    live_region(selection.in_words(state), "announced")
    st.caption(
        _(
            "The link at the top shows all this in another browser of this server. It cannot carry the runs of another server, nor pictures that were uploaded or drawn."
        )
    )
