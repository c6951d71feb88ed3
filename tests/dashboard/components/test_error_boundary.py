"""Where errors end: the project's own keep their sentence, others are logged and told as one; Streamlit's signals pass."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.error_boundary import UNFORESEEN
from tests.dashboard.fake_manager import FakeManager

PAGE = """
import streamlit as st
from dashboard.components.error_boundary import errors_as_notices, errors_in_place
from dashboard.components.page_frame import draw_page, notices_above
from kdcore.errors import RunRefused


def fail():
    raise {"foreseen": RunRefused("It is *not* here."), "unforeseen": TypeError("a 'str' is no 'int'")}[st.session_state["how"]]


def pressed():
    with errors_as_notices():
        fail()


def watch():
    with errors_in_place():
        if st.session_state["where"] == "fragment":
            fail()


def draw(now):
    with notices_above(now):
        st.button("Press", on_click=pressed, key="press")
        if st.session_state["where"] == "page":
            fail()
    st.fragment(watch)()
    if st.session_state["where"] == "stop":
        st.stop()
    if st.session_state["where"] == "rerun":
        st.session_state["where"] = "after"
        st.rerun()
    st.caption("the end")


draw_page(draw)
"""


@pytest.fixture
def page(manager: FakeManager, browser: str) -> AppTest:
    return AppTest.from_string(PAGE, default_timeout=120)


def drawn(page: AppTest, where: str, how: str = "unforeseen") -> AppTest:
    page.session_state["where"], page.session_state["how"] = where, how
    return page.run()


@pytest.mark.parametrize("where", ["page", "fragment"])
def test_an_unforeseen_error_is_one_sentence_and_a_traceback_in_the_log(
    page: AppTest, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    drawn(page, where)
    assert not page.exception
    assert [error.value.replace("\\", "") for error in page.error] == [UNFORESEEN]
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "TypeError: a 'str' is no 'int'" in caplog.text
    assert record.exc_info, "with its traceback"


@pytest.mark.parametrize("where", ["page", "fragment"])
def test_an_error_of_the_project_keeps_its_sentence(
    page: AppTest, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    drawn(page, where, "foreseen")
    assert [error.value for error in page.error] == [r"It is \*not\* here."]
    assert not [one for one in caplog.records if one.levelno == logging.ERROR]


def test_an_error_in_a_callback_is_told_above_the_page_once(
    page: AppTest, caplog: pytest.LogCaptureFixture
) -> None:
    drawn(page, "nowhere")
    page.button("press").click().run()
    assert not page.exception
    assert [warning.value.replace("\\", "") for warning in page.warning] == [UNFORESEEN]
    assert "TypeError" in caplog.text
    page.run()
    assert not page.warning


@pytest.mark.parametrize(("where", "captions"), [("stop", []), ("rerun", ["the end"])])
def test_streamlits_own_signals_pass(
    page: AppTest, where: str, captions: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    drawn(page, where)
    assert not page.error
    assert [caption.value for caption in page.caption] == captions
    assert "unforeseen" not in caplog.text
