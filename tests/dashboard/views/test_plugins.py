"""Plugins on the pages: in the pickers, with a card and its code; what was left out is said, and a run without its plugin opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import method_cards, network_choices, torch_imports
from kdcore import plugins
from tests.dashboard.fake_manager import FakeManager
from tests.kdcore.plugin_files import METHOD, OF_THE_MANUAL, plugin_folder

REFERENCE = "from dashboard.views.reference import page\n\npage()\n"
CACHES = (method_cards._cards, method_cards.code, network_choices.described, network_choices._refusal)


def forgotten() -> None:
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The manual's plugins and a broken one, known to the server."""
    with plugin_folder(tmp_path / "plugins", {**OF_THE_MANUAL, "broken.py": "import not_there\n"}) as made:
        forgotten()
        torch_imports._import()
        yield made
    forgotten()


def texts(app: AppTest, kind: str) -> str:
    return "\n".join(element.value for element in app.get(kind))


def test_a_card_has_its_code_and_the_broken_one_is_said(
    folder: Path, manager: FakeManager, browser: str
) -> None:
    page = AppTest.from_string(REFERENCE, default_timeout=120)
    page.query_params["card"] = "trusted-teacher"
    page.run()
    assert not page.exception
    assert "Trusted teacher" in texts(page, "header")
    assert "From the plugin trusted\\_teacher.py." in texts(page, "caption")
    assert METHOD.strip() in [block.value.strip() for block in page.code]
    assert "The plugin broken.py was left out" in texts(page, "warning")


def test_the_pickers_of_train_offer_them(folder: Path, app: AppTest, manager: FakeManager) -> None:
    app.query_params["more"] = "method"
    app.query_params["method"], app.query_params["student"] = "trusted-teacher", "patch-net"
    app.query_params["dataset"] = "digits"
    app.run()
    assert not app.exception
    assert app.selectbox(key="recipe.method").value == "trusted-teacher"
    assert app.selectbox(key="recipe.student").value == "patch-net"
    assert "The plugin broken.py was left out" in texts(app, "caption")
    app.button(key="train").click().run()
    assert manager.known["run0"].experiment.student == "patch-net"


def test_a_run_whose_plugin_is_gone_opens_and_says_so(
    tmp_path: Path, app: AppTest, manager: FakeManager
) -> None:
    with plugin_folder(tmp_path / "plugins", OF_THE_MANUAL):
        forgotten()
        torch_imports._import()
        app.query_params["method"], app.query_params["student"] = "trusted-teacher", "patch-net"
        app.run()
        app.button(key="train").click().run()
        kept = plugins.recorded("trusted-teacher", "patch-net")
    forgotten()
    manager.train("run0", 3)
    manager.set("run0", status="finished", results={"plugins": kept, "seconds": {"students": 1.0}})
    later = AppTest.from_string("from dashboard.views.train import page\n\npage()\n", default_timeout=120)
    later.query_params["run"] = "run0"
    later.run()
    assert not later.exception
    assert texts(later, "caption").count("which is not here") == 2
