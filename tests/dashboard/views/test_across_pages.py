"""One session on several pages: what one page leaves in the session must not harm another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import run_manager, sweep_progress, time_estimate, torch_imports
from kdcore.experiment import Experiment
from kdcore.runs.manager import Manager
from tests.dashboard.conftest import BROWSER

PAGES = """
import streamlit as st
from dashboard.views.dark_knowledge.page import page as dark_knowledge
from dashboard.views.runs.page import page as runs
from dashboard.views.sweep.page import page as sweep

{"runs": runs, "sweep": sweep, "dark knowledge": dark_knowledge}[st.session_state["page"]]()
"""


@pytest.fixture
def history(tmp_path: Path, browser: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    manager = Manager(tmp_path / "runs", spare=False)
    monkeypatch.setattr(run_manager, "manager", lambda: manager)
    monkeypatch.setattr(time_estimate, "speed", lambda: None)
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    sweep_progress.forget_progress()
    yield manager
    manager.close()


def test_a_mistyped_sweep_leaves_the_runs_page_whole(history: Manager) -> None:
    run = history.store.create(Experiment(), BROWSER, status="running")
    history.store.finish(run.id, "stopped")
    app = AppTest.from_string(PAGES, default_timeout=120)
    app.query_params["vary"] = "temperature:1,8"
    app.session_state["page"] = "sweep"
    app.run()
    app.text_input("varied.0.values").set_value("hot").run()
    assert app.error, "the sweep refuses the values"
    app.session_state["page"] = "runs"
    app.run()
    assert not app.exception
    assert not app.error
    drawn = [component.proto.component_name for component in app.get("bidi_component")]
    assert "runs_table" in drawn, "the table stands"
    app.session_state["page"] = "sweep"
    app.run()
    assert not app.exception


def test_a_page_on_what_a_run_knows_hears_of_its_end(history: Manager) -> None:
    run = history.store.create(Experiment(), BROWSER, status="running")
    app = AppTest.from_string(PAGES, default_timeout=120)
    app.query_params["run"] = run.id
    app.session_state["page"] = "dark knowledge"

    def followed() -> list[dict[str, Any]]:
        app.run()
        assert not app.exception
        parts = [part for part in app.get("bidi_component") if part.proto.component_name == "live_status"]
        return [json.loads(part.proto.json) for part in parts]

    [status] = followed()
    assert run.id in status["address"]
    assert status["state"] is None, "the end alone counts"
    history.store.finish(run.id, "stopped")
    history._changed(run.id)
    assert followed() == []
