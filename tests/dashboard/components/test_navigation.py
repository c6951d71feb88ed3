"""The bar at the top: its links lead to their pages from every page, in a new tab too."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

from streamlit.testing.v1 import AppTest

from dashboard.data.page_parameters import OWN
from dashboard.pages import SOFT_TARGETS
from dashboard.url.parameters import PAGE_PARAMETERS
from tests.dashboard.fake_manager import FakeManager

APP = Path(__file__).parents[3] / "dashboard" / "app.py"


BAR = """
import streamlit as st
from dashboard.components.navigation import carried_parameters
from dashboard.data.page_parameters import OWN, remember_own

remember_own(st.session_state["here"])
st.json({path: carried_parameters(path) for path in OWN})
"""
OF_DARK_KNOWLEDGE = {"view": "confusions", "cell": "3-8", "compared_at": "2.0"}


def test_a_link_carries_what_its_page_needs_and_the_way_back_finds_what_was_selected() -> None:
    bar = AppTest.from_string(BAR, default_timeout=120)

    def led(here: str, link: dict[str, str]) -> dict[str, dict[str, str]]:
        bar.session_state["here"] = here
        bar.query_params.clear()
        bar.query_params.update(link)
        return dict(json.loads(bar.run().json[0].value))

    shared = {"T": "8", "of": "teacher:digits", "lesson": "x"}
    there = led("dark-knowledge", shared | OF_DARK_KNOWLEDGE)
    assert there["dark-knowledge"] == shared | OF_DARK_KNOWLEDGE
    assert all(link == shared for path, link in there.items() if path != "dark-knowledge")
    back = led("sweep", there["sweep"] | {"vary": "temperature:1,8"})
    assert back["dark-knowledge"] == shared | OF_DARK_KNOWLEDGE
    assert back["train"] == shared
    again = led("dark-knowledge", shared)
    assert again["dark-knowledge"] == shared, "what was taken back there is forgotten"
    assert again["sweep"] == shared | {"vary": "temperature:1,8"}


def test_a_place_among_pictures_is_taken_back_only_to_the_same_pictures() -> None:
    bar = AppTest.from_string(BAR, default_timeout=120)

    def ways(here: str, link: dict[str, str]) -> dict[str, str]:
        bar.session_state["here"] = here
        bar.query_params.clear()
        bar.query_params.update(link)
        return dict(json.loads(bar.run().json[0].value)[SOFT_TARGETS])

    ways(SOFT_TARGETS, {"at": "16"})
    assert ways("train", {}) == {"at": "16"}
    assert "at" not in ways("train", {"of": "teacher:other"}), "they may be fewer"
    ways(SOFT_TARGETS, {"at": "16", "show": "digits"})
    assert ways("train", {"of": "teacher:other"})["at"] == "16"


def test_what_shapes_a_page_alone_is_read_by_no_other() -> None:
    named = [name for names in OWN.values() for name in names]
    assert len(named) == len({*named})
    assert {*named} <= PAGE_PARAMETERS


def test_the_bars_links_lead_to_their_pages_from_any_page(manager: FakeManager, browser: str) -> None:
    drawn = AppTest.from_file(str(APP), default_timeout=120).run()
    assert not drawn.exception
    links = {link.proto.label: link.proto.page for link in drawn.get("page_link")}
    led = {name: urljoin("http://here/lab/train?run=1", f"{path}?T=8") for name, path in links.items()}
    assert led["Soft targets"] == "http://here/lab/?T=8"
    assert led["Runs"] == "http://here/lab/runs?T=8"
