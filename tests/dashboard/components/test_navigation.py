"""The bar at the top: its links lead to their pages from every page, in a new tab too."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

from streamlit.testing.v1 import AppTest

from tests.dashboard.fake_manager import FakeManager

APP = Path(__file__).parents[3] / "dashboard" / "app.py"


def test_the_bars_links_lead_to_their_pages_from_any_page(manager: FakeManager, browser: str) -> None:
    drawn = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not drawn.exception
    links = {link.proto.label: link.proto.page for link in drawn.get("page_link")}
    led = {name: urljoin("http://here/lab/train?run=1", f"{path}?T=8") for name, path in links.items()}
    assert led["Soft targets"] == "http://here/lab/?T=8"
    assert led["Runs"] == "http://here/lab/runs?T=8"
