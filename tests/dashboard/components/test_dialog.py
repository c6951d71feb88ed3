"""A dialog over a page: what waits behind it draws the page anew only once it is closed."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st

from dashboard.components.dialog import draw_dialog, draw_page_anew, no_dialog_yet

no_dialog_yet()
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
if st.toggle("open", key="open"):
    draw_dialog("Title", lambda name: st.text_input(name), "Name", close=lambda: None)
if st.session_state["runs"] in (2, 4):
    draw_page_anew()
"""


def test_a_page_with_a_dialog_is_drawn_anew_only_by_the_reader() -> None:
    app = AppTest.from_string(SCRIPT).run()
    app.toggle(key="open").set_value(True).run()
    assert not app.exception
    assert (app.session_state["runs"], [field.label for field in app.text_input]) == (2, ["Name"])
    app.run()
    app.toggle(key="open").set_value(False).run()
    assert app.session_state["runs"] == 5, "the fourth was drawn anew at once: no dialog is open any more"
