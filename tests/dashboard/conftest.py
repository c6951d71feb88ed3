"""A fake manager in place of the process's own, and the app as a test drives it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import class_seat, run_manager, time_estimate
from kdcore.experiment import Experiment
from tests.dashboard.fake_manager import FakeManager

TRAIN = "from dashboard.views.train import page\n\npage()\n"
BROWSER = "a" * 32


@pytest.fixture(autouse=True)
def in_no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most pages are drawn for somebody who is in no class: the fake managers have none."""
    monkeypatch.setattr(class_seat, "seat_of", lambda browser: None)
    monkeypatch.setattr(class_seat, "lectured_by", lambda browser: [])


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    fake = FakeManager()
    monkeypatch.setattr(run_manager, "manager", lambda: fake)
    monkeypatch.setattr(time_estimate, "speed", lambda: None)
    return fake


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id that the page reads from the browser's cookie."""
    for module in (
        "data.class_seat",
        "data.screen",
        "components.first_visit",
        "components.framed_notice",
        "components.lesson_rail",
        "components.class_bar",
    ):
        monkeypatch.setattr(f"dashboard.{module}.browser_id", lambda: BROWSER)
    return BROWSER


@pytest.fixture
def app(manager: FakeManager, browser: str) -> AppTest:
    """The Train page."""
    return AppTest.from_string(TRAIN, default_timeout=120)


@pytest.fixture
def run() -> FakeManager:
    """A manager with one run, of 150 epochs, that has not trained yet."""
    fake = FakeManager()
    fake.submit(Experiment().with_flat(epochs=150), "me")
    return fake
