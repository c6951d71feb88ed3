"""One pinned image, large, beside the curve: the student's bars growing into the teacher's outlines, with the twin's."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.live_run import live_script
from dashboard.components.pinned_images import ARITHMETIC, panel_style
from dashboard.components.style import theme
from dashboard.text.translation import _

HERE = Path(__file__).parent
_SIGNS = "".join(
    f'<span class="sign {who}" hidden><i class="{who}"></i><span></span></span>'
    for who in ("teacher", "student", "twin")
)
_component = st.components.v2.component(
    "pinned_large",
    html='<div class="pinned_large empty" role="group"><div class="head"><img alt="">'
    f'<div><p class="label"></p><p class="title"></p><p class="signs">{_SIGNS}</p></div></div>'
    '<div class="bars"></div><div class="others"></div></div>',
    css=(HERE / "pinned_large.css").read_text("utf-8"),
    js=live_script(*ARITHMETIC, "pinned_large"),
)


def pinned_large(address: str, *, over: bool) -> None:
    """Draw it from a run's stream. over: the page is drawn as of the stream's end."""
    texts = {
        "title": _("at T = {T}"),
        "label": _("a {label}"),
        "choose": _("Show this {label} large"),
        "alt": _("A {label}: the soft targets of student and twin at T = {T} beside the teacher's outlines"),
    }
    _component(
        data={"address": address, "over": over, "texts": texts, **panel_style(theme())}, key="pinned_large"
    )
