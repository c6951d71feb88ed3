"""The badge at the top of every page that shows a run with a fault on purpose."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.data import fault_cards
from dashboard.text.translation import _
from kdcore.experiment import Experiment


def fault_badge(experiment: Experiment) -> None:
    """Draw the badge of a run of this experiment; nothing of a sound one."""
    if not experiment.fault:
        return
    why = _("What this run shows is the mistake. It has no part in any comparison.")
    mark = escape(fault_cards.badge(experiment.fault))
    with st.container(key="fault_badge"):
        st.html(
            f'<p role="note"><span class="fault-mark">{mark}</span> <span class="faint">{escape(why)}</span></p>'
        )
