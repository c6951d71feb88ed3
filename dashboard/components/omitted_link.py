"""From a tested run that left classes out, one obvious link to what its networks make of them."""

from __future__ import annotations

import streamlit as st

from dashboard.pages import DARK_KNOWLEDGE, page_at
from dashboard.text.translation import _, listing, plain
from dashboard.url.parameters import OMITTED_CLASSES, Param
from kdcore.runs.run_record import Run


def omitted_link(run: Run) -> None:
    """Draw the link; nothing for a run that left nothing out or was not tested."""
    if not run.experiment.omit or "classes" not in run.results.get("dataset", {}):
        return
    classes = run.results["dataset"]["classes"]
    names = listing(classes[c] for c in run.experiment.omit)
    with st.container(key="to_omitted"):
        st.page_link(
            page_at(DARK_KNOWLEDGE),
            label=_("See what the networks know of {names}, which no student was shown").format(
                names=plain(names)
            ),
            icon=":material/arrow_forward:",
            query_params={Param.RUN: run.id, Param.VIEW: OMITTED_CLASSES},
        )
