"""What a page shows of a run while it trains, drawn in the browser from one stream: no script runs for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.charts.streamlit_chart_config import as_streamlit_draws
from dashboard.charts.vega import Spec
from dashboard.components.browser_component import BrowserComponent
from dashboard.text.translation import _, language

HERE = Path(__file__).parent
SETTLE = 2000
"""Milliseconds between a change of the state and the run of a page that shows more than one run."""
SPREAD = 700
"""Milliseconds over which the pages that watch another browser's run are drawn anew, so that not a whole class asks at once."""
STATIC = Path(st.__file__).parent / "static"


def live_script(*names: str) -> str:
    """The JavaScript of a component that draws from streams; the last of the files exports what Streamlit calls."""
    files = ("run_moment", "open_dialog", "live_stream", *names)
    return "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in files)


def _sheet(name: str) -> str:
    return (HERE / f"{name}.css").read_text("utf-8")


LIVE_CHART = BrowserComponent(
    "live_chart",
    '<div class="live_chart"></div>',
    _sheet("live_chart"),
    live_script("live_chart"),
    isolated=False,
)
LIVE_TEXT = BrowserComponent(
    "live_text",
    '<div class="live_text"><p class="earlier small"></p><div class="place"></div></div>',
    ".live_text .earlier:empty { display: none; }",
    live_script("live_text"),
    isolated=False,
)
_chart, _text = LIVE_CHART.registered(), LIVE_TEXT.registered()
_STATUS = """<div class="live_status">
  <div class="progress"><p class="text"></p>
    <div role="progressbar" aria-valuemin="0" aria-valuemax="100"><div></div></div></div>
  <p class="note" role="status"></p>
</div>"""
_status = BrowserComponent(
    "live_status", _STATUS, _sheet("live_status"), live_script("live_status"), isolated=False
).registered()


def live_address(name: str) -> str:
    """Where the stream of a run (its id), of a sweep or of the list of runs is, from the root of the pages, in the reader's language."""
    return f"live/{name}?" + urlencode({"language": language()})


@cache
def vega_module() -> str:
    """The module with which Streamlit itself loads Vega-Embed, from the root of the pages: the browser has it anyway.

    Raises:
        FileNotFoundError: this Streamlit has it elsewhere.
    """
    found = [*STATIC.glob("static/js/loadVegaEmbed.*.js")]
    if len(found) != 1:
        raise FileNotFoundError(
            "Streamlit's module loadVegaEmbed.*.js; the pinned version has it in static/js"
        )
    return found[0].relative_to(STATIC).as_posix()


def live_chart(
    key: str, address: str, rows: str, spec: Spec, alt: str, *, over: bool = False, **how: Any
) -> None:
    """Draw a chart of the stream's rows of that name.

    over: the page is drawn as of the stream's end, so that it is read once. how: `behind`, rows (kind, look, label, text, x,
    y) that stand behind its own. `logarithmic`, where its axis is: nothing is drawn before there is a row. `latest`, the
    column for the texts of the groups, where of each only the newest row is drawn.
    """
    data = {"address": address, "over": over, "vega": vega_module(), **chart_data(rows, spec, alt, **how)}
    with st.container(key=key):
        _chart(data=data, key=f"{key}_live")


def chart_data(rows: str, spec: Spec, alt: str, **how: Any) -> dict[str, Any]:
    """What a chart's component draws, whatever its stream and its Vega are; `how` as of `live_chart`."""
    return {"rows": rows, "spec": as_streamlit_draws(spec, alt), "logarithmic": False, **how}


def live_text(
    key: str, address: str, slot: str, initial: str = "", *, over: bool = False, earlier: str = ""
) -> None:
    """Show the stream's HTML of that name, `initial` until it comes.

    over: as of `live_chart`. earlier: what is said above it while an earlier step is shown, of which it is not kept.
    """
    data = {"address": address, "over": over, "slot": slot, "initial": initial, "earlier": earlier}
    _text(data=data, key=key)


def live_status(
    key: str, address: str, state: str, *, text: str, share: float, shown: bool, watching: bool
) -> None:
    """Show how far it is. When the stream's state is another than the one with which the page is drawn, the page runs again.

    text, share: what is shown until the stream comes. shown: whether anything is; else only the state is watched.
    watching: the run is another browser's.
    """
    texts = {
        "progress": _("progress"),
        "polls": _(
            "The live stream does not get through (a proxy may hold it back): this page asks every two seconds instead."
        ),
    }
    data = {"address": address, "state": state, "text": text, "share": share, "shown": shown}
    _status(
        data={**data, "texts": texts, "spread": SPREAD if watching else 0},
        key=key,
        on_state_change=draw_anew,
    )


def live_state(key: str, address: str, state: str | None) -> None:
    """Run the page again when the stream's state is another than this one, at most every few seconds; None: when it ends."""
    data = {"address": address, "state": state, "text": "", "share": 0.0, "shown": False, "settle": SETTLE}
    _status(data={**data, "texts": {"progress": "", "polls": ""}}, key=key, on_state_change=draw_anew)


def draw_anew() -> None:
    """Nothing else is to be done: the page is drawn by the run that calls this."""
