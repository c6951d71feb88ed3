"""A lesson beside a page: what requests that left the browser before it knew the newest link do to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kdcore.runs.store import Store
from tests.dashboard.fake_manager import FakeManager

RAIL = """
from dashboard.components.lesson_rail import lesson_rail
from dashboard.lessons.registry import lessons

lesson_rail(lessons()["what-a-label-leaves-out"], "soft-targets")
"""


@pytest.fixture
def rail(manager: FakeManager, browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The lesson at its step that ends where T is about 4."""
    monkeypatch.setattr(manager, "store", Store(tmp_path))
    app = AppTest.from_string(RAIL, default_timeout=120)
    return at(app, "warmer", "1")


def at(app: AppTest, step: str, temperature: str) -> AppTest:
    """A request with that link."""
    for name, value in {"lesson_step": step, "T": temperature, "at": "16"}.items():
        app.query_params[name] = value
    return app.run()


def step_of(app: AppTest) -> str:
    """The step that the link names."""
    value = app.query_params["lesson_step"]
    return value if isinstance(value, str) else value[0]


def test_a_late_request_does_not_take_the_lesson_back(rail: AppTest) -> None:
    assert step_of(rail) == "warmer"
    assert step_of(at(rail, "warmer", "4")) == "guess-the-order"
    assert step_of(at(rail, "warmer", "4.4")) == "guess-the-order", (
        "a press that did not know of the next step"
    )


def test_who_goes_back_to_a_step_stays_there(rail: AppTest) -> None:
    at(rail, "warmer", "4")
    rail.button(key="lesson_back_warmer").click().run()
    assert step_of(rail) == "warmer"
    assert step_of(at(rail, "warmer", "4.2")) == "warmer"
    rail.button(key="lesson_on").click().run()
    assert step_of(rail) == "guess-the-order"
