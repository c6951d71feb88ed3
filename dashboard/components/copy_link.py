"""The buttons that hand on the address of what is on screen: copied, or as a QR code."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.share_dialog import share_dialog
from dashboard.data import shared_address
from dashboard.session import Key
from dashboard.text.translation import _

_CSS = """
div { display: flex; gap: 0.35rem; }
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.7rem; white-space: nowrap;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button + button { padding: 0.3rem 0.5rem; line-height: 0; }
svg { width: 1.1rem; height: 1.1rem; fill: currentColor; }
@media (max-width: 640px) { div { gap: 0.15rem; } button { padding: 0.15rem 0.3rem; font-size: 0.8rem; } button + button { padding: 0.15rem 0.3rem; } }
"""
_SQUARES = "M0 0h7v7H0zM2 2v3h3V2zM13 0h7v7h-7zM15 2v3h3V2zM0 13h7v7H0zM2 15v3h3v-3zM9 0h2v9H9zM0 9h7v2H0zM9 11h4v2H9zM15 9h5v2h-5zM13 15h3v5h-3zM18 13h2v3h-2zM9 15h2v5H9z"
_HTML = (
    '<div><button type="button" style="visibility: hidden"></button><button type="button" style="visibility: hidden">'
    f'<svg viewBox="0 0 20 20" aria-hidden="true"><path fill-rule="evenodd" d="{_SQUARES}"/></svg></button></div>'
)
"""Hidden until they have their words: a screen reader would meet buttons without a name."""
HERE = Path(__file__).parent
_component = st.components.v2.component(
    "copy_link",
    html=_HTML,
    css=_CSS,
    js="\n".join((HERE / f"{name}.js").read_text("utf-8") for name in ("copy_text", "copy_link")),
)


def copy_link() -> None:
    """Draw the buttons, and over the page the dialog that was asked for."""
    data = {
        "label": _("Copy link"),
        "done": _("Copied"),
        "done_here": _("Copied: it opens on this machine only"),
        "share": _("Show the link as a QR code"),
        "elsewhere": shared_address.origin() or "",
    }
    _component(data=data, key=Key.COPY_LINK, on_share_change=_ask, width="content")
    if (address := st.session_state.get(Key.SHARED)) is not None:
        share_dialog(address, _close)


def _close() -> None:
    st.session_state.pop(Key.SHARED, None)


def _ask() -> None:
    """The QR code was asked for: the dialog opens over the page that this run draws."""
    address = st.session_state[Key.COPY_LINK].get("share")
    if shared_address.is_address_of_page(address):
        st.session_state[Key.SHARED] = address
