from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.dashboard.fake_manager import FakeManager


def test_the_page_draws(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert app.button(key="train")


def test_train_starts(app: AppTest, manager: FakeManager) -> None:
    app.run()
    app.button(key="train").click().run()
    assert not app.exception
    assert len(manager.known) == 1
