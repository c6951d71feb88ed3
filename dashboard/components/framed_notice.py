"""What a reader is told whose page stands in another page's frame and is not known there: no run of theirs would be kept."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.session import browser_id, is_anonymous
from dashboard.text.translation import _

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "framed_notice",
    html='<div class="framed_notice" role="note" hidden><span></span> <a target="_blank" rel="noopener"></a></div>',
    css=(HERE / "framed_notice.css").read_text("utf-8"),
    js=(HERE / "framed_notice.js").read_text("utf-8"),
    isolate_styles=False,
)


def framed_notice() -> None:
    """Say so in such a frame, and offer to open the page by itself; nothing anywhere else."""
    data = {
        "known": not is_anonymous(browser_id()),
        "sentence": _(
            "This page is embedded in another one, where your browser does not say who you are: nothing can be trained here, and nothing is kept."
        ),
        "open": _("Open it by itself"),
    }
    _component(data=data, key="framed_notice")
