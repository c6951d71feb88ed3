"""What draws from a stream: with Streamlit's own Vega-Embed, as Streamlit draws its charts."""

from __future__ import annotations

import re

import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.charts.streamlit_chart_config import as_streamlit_draws
from dashboard.charts.validation_error_curve import validation_error_spec
from dashboard.components.live_run import STATIC, vega_module


def test_streamlit_ships_the_module_that_loads_vega_embed() -> None:
    """Of the pinned version; with another, look at how its charts are drawn."""
    assert st.__version__.startswith("1.67.")
    script = (STATIC / vega_module()).read_text("utf-8")
    assert re.search(r"return\{embed:\w+\.default,expressionInterpreter:\w+\.expressionInterpreter\}", script)
    assert re.search(r"export\{t(?: as t)?\};?$", script.strip())


def test_a_chart_keeps_what_its_own_theme_says() -> None:
    spec = validation_error_spec("dark")
    drawn = as_streamlit_draws(spec, "in words")
    assert drawn["description"] == "in words"
    assert {name: drawn["config"]["axis"][name] for name in spec["config"]["axis"]} == spec["config"]["axis"]
    assert drawn["config"]["view"]["stroke"] is None
    assert drawn["config"]["autosize"] == {"type": "fit", "contains": "padding"}
    assert drawn["layer"] is spec["layer"]
    assert "description" not in spec


def test_the_notice_of_a_lost_connection_says_what_to_do() -> None:
    script = "from dashboard.components.connection_notice import connection_notice\n\nconnection_notice()\n"
    app = AppTest.from_string(script, default_timeout=120).run()
    [notice] = app.get("bidi_component")
    for said in ("ten seconds", "goes on by itself", "Start the server again"):
        assert said in notice.proto.json
