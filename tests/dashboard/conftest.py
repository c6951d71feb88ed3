"""A fake manager in place of the process's own, and the app as a test drives it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import library
from tests.dashboard.fake_manager import FakeManager

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
BROWSER = "a" * 32


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    fake = FakeManager()
    monkeypatch.setattr(library, "manager", lambda: fake)
    monkeypatch.setattr(library, "speed", lambda: None)
    return fake


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id that the page reads from the browser's cookie."""
    monkeypatch.setattr("dashboard.screen.browser_id", lambda: BROWSER)
    return BROWSER


@pytest.fixture
def app(manager: FakeManager, browser: str) -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=20)
