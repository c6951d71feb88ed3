"""A paper that was measured again: each of its claims beside what came out here, and what differs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.html_table import html_table
from dashboard.components.measured_on import measured_on
from dashboard.text.translation import _, plain

if TYPE_CHECKING:
    from kdcore.studies.reproduction_runs import MeasuredPaper


def reproduction_results(measured: MeasuredPaper) -> None:
    """Draw the paper's question, its claims with both figures, every network's figures, and the command that measures it again."""
    from kdcore.studies import reproduction_report

    st.subheader(plain(measured.paper.title), anchor=False)
    st.markdown(plain(_(measured.paper.asks)))
    st.caption(plain(measured_on(measured.paper.base, measured.seeds, measured.images)))
    with st.container(key=f"claims_{measured.paper.name}"):
        st.html(_table(reproduction_report.claim_table(measured, _)))
    st.caption(plain(reproduction_report.summary(measured, _)))
    with st.expander(_("Every network, and what differs from the paper")):
        st.html(_table(reproduction_report.network_table(measured, _)))
        st.markdown("\n".join(f"- {plain(_(text))}" for text in measured.paper.differs))
    st.caption(plain(measured.paper.citation))
    st.caption(_("Measured by: {command}").format(command=measured.command))


def _table(rows: list[list[str]]) -> str:
    head, *lines = rows
    return html_table(head, [[escape(cell) for cell in line] for line in lines])
