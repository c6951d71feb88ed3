"""What the reader is told when the page has lost its server for a while: what happened, and what to do."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.text.translation import _

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "connection_notice",
    html='<div class="connection_notice" role="alert" hidden></div>',
    css=(HERE / "connection_notice.css").read_text("utf-8"),
    js=(HERE / "connection_notice.js").read_text("utf-8"),
)


def connection_notice() -> None:
    """Watch the page's connection from the browser; without one for ten seconds, say so until it is back."""
    lost = _(
        "This page has had no connection to its server for ten seconds: the server has ended, the network is gone, or a proxy lets "
        "no WebSockets through. Training goes on by itself. Start the server again, or ask who looks after it; the page "
        "connects by itself as soon as it can."
    )
    _component(data={"lost": lost}, key="connection_notice")
