"""One pinned image, large, beside the curve: the student's bars growing into the teacher's outlines, with the twin's."""

from __future__ import annotations

from pathlib import Path

from dashboard.components.browser_component import BrowserComponent
from dashboard.components.live_run import live_script
from dashboard.components.pinned_images import ARITHMETIC, panel_style
from dashboard.components.style import theme
from dashboard.text.translation import _

HERE = Path(__file__).parent
_SIGNS = "".join(
    f'<span class="sign {who}" hidden><i class="{who}"></i><span></span></span>'
    for who in ("teacher", "student", "twin")
)
PINNED_LARGE = BrowserComponent(
    "pinned_large",
    '<div class="pinned_large empty" role="group"><div class="head"><img alt="">'
    f'<div><p class="label"></p><p class="title"></p><p class="signs">{_SIGNS}</p></div></div>'
    '<div class="bars"></div><div class="others"></div></div>',
    (HERE / "pinned_large.css").read_text("utf-8"),
    live_script(*ARITHMETIC, "pinned_large"),
)
_component = PINNED_LARGE.registered()


def pinned_large(address: str, *, over: bool) -> None:
    """Draw it from a run's stream. over: the page is drawn as of the stream's end."""
    data = {"address": address, "over": over, "texts": large_texts(), **panel_style(theme())}
    _component(data=data, key="pinned_large")


def large_texts() -> dict[str, str]:
    """What is said of the image, with places for its {label} and the temperature {T}."""
    return {
        "title": _("at T = {T}"),
        "label": _("a {label}"),
        "choose": _("Show this {label} large"),
        "alt": _("A {label}: the soft targets of student and twin at T = {T} beside the teacher's outlines"),
    }
