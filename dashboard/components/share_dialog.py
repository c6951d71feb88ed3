"""The dialog that shows a page's address large, as a QR code: for a room in which everybody has a phone."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import segno
import streamlit as st

from dashboard import serving_address
from dashboard.components.dialog import draw_dialog
from dashboard.data import shared_address
from dashboard.text.translation import _, listing, plain, together

MARGIN = 4
"""Modules of white around the code: scanners ask for them."""


def share_dialog(address: str, close: Callable[[], None]) -> None:
    """Draw it over the page, whenever the page is drawn until `close` is called."""
    draw_dialog(_("Open this page elsewhere"), _contents, address, close=close, width="medium")


def _contents(address: str) -> None:
    if (code := qr_code(address)) is None:
        st.info(_("This address is too long for a QR code. Copy link hands it on."))
    else:
        st.html(code)
    st.code(address, language=None, wrap_lines=True)
    if shared_address.only_here(address):
        st.warning(
            _(
                "Only this machine can open this address: the server listens to no other. "
                "Started with HOST=0.0.0.0 it opens to everybody on its network."
            )
        )
    else:
        st.caption(_("Whoever reaches this address can open it, watch, and train a copy of their own."))
    _embed(address)


def _embed(address: str) -> None:
    """The page in a frame of another one, and what that takes."""
    with st.expander(_("Embed this view"), key="embed"):
        st.code(frame_html(address), language="html", wrap_lines=True)
        allowed = sorted(serving_address.sites("STILLROOM_FRAMES"))
        if allowed:
            said = _("These sites may show it in a frame: {sites}.").format(sites=listing(allowed))
            kept = _(
                "Over https each reader's runs are kept there; otherwise the page only shows, and trains nothing."
            )
            st.caption(plain(together([said, kept])))
        else:
            st.caption(
                _(
                    "No other site may show it in a frame yet: whoever starts the server names one, as in STILLROOM_FRAMES=https://courses.example.org. "
                    "A page that is taken away (Soft targets, or a finished run) needs no server and works in every frame."
                )
            )


def frame_html(address: str) -> str:
    """The frame as HTML, to be pasted into another page."""
    title = escape(_("Stillroom: a laboratory for knowledge distillation"))
    return (
        f'<iframe src="{escape(address)}" title="{title}" width="100%" height="800" style="border: 0" '
        'loading="lazy" allow="clipboard-write; fullscreen"></iframe>'
    )


def qr_code(address: str) -> str | None:
    """The address as a picture in HTML, black on white in either theme; None where it is too long for one."""
    try:
        code = segno.make(address, error="m", micro=False)
    except segno.DataOverflowError:
        return None
    picture = code.png_data_uri(scale=8, border=MARGIN, dark="#000", light="#fff")
    name = escape(_("QR code of the address below"))
    return f'<div class="qr_code"><img src="{picture}" alt="{name}"></div>'
