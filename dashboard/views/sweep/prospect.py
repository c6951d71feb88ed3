"""Before a sweep trains: what Start will find again and what it will train; and the way back to one's own last sweep."""

from __future__ import annotations

import streamlit as st

from dashboard.data import sweep_link
from dashboard.data.screen import Screen
from dashboard.data.sweep_progress import SweepProgress
from dashboard.data.sweep_prospect import SweepProspect, newest_own_sweep, sweep_prospect
from dashboard.pages import SWEEP, page_at
from dashboard.session import Key
from dashboard.text.numbers import duration, roughly
from dashboard.text.translation import _, ngettext, together
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from kdcore.studies.presets import PRESETS


def show_own_sweep(screen: Screen) -> bool:
    """Where the link asks for nothing, have it name this browser's last sweep; whether it does so now.

    Once a session: whoever goes back to the bare link stays there.
    """
    if (
        Param.VARY in st.query_params
        or screen.draft != PRESETS[0].experiment
        or Key.OWN_SWEEP in st.session_state
    ):
        return False
    st.session_state[Key.OWN_SWEEP] = True
    if (own := newest_own_sweep(screen.owner)) is None:
        return False
    set_parameters(**sweep_link.link_to_sweep(own))
    return True


def prospect(progress: SweepProgress, owner: str) -> None:
    """What Start will do; where the link asks for nothing, a link to this browser's last sweep."""
    st.container(key="prospect").markdown(prospect_text(sweep_prospect(progress)))
    if Param.VARY not in st.query_params and (own := newest_own_sweep(owner)) is not None:
        st.page_link(
            page_at(SWEEP),
            label=_("My last sweep"),
            icon=":material/history:",
            query_params=sweep_link.link_to_sweep(own),
        )


def prospect_text(left: SweepProspect) -> str:
    """What is found again, what will be trained, and how long it takes at most."""
    trained = ngettext(
        "Start trains {n} student, beside its twin.",
        "Start trains {n} students, each beside its twin.",
        left.missing,
    ).format(n=left.missing)
    sentences = [trained]
    if left.found:
        found = ngettext(
            "{n} was trained before, here or by somebody else, and is found again.",
            "{n} were trained before, here or by somebody else, and are found again.",
            left.found,
        )
        sentences.append(found.format(n=left.found))
    if left.seconds and left.missing:
        longest = _("That takes {time} at most on this machine while nothing else runs.")
        sentences.append(longest.format(time=duration(roughly(left.seconds))))
    return together(sentences)
