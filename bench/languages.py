"""What a page's script run costs in Chinese against what it costs in English: processor time, so that other work counts for little."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from dashboard import session, streamlit_settings
from dashboard.data import run_manager, torch_imports
from dashboard.label_icons import remember_label_icons
from dashboard.session import Key
from kdcore.inference import models, network_outputs
from kdcore.runs.manager import Manager
from kdcore.translation import ENGLISH, speaking
from tests.kdcore.inference.finished_run import finished_run

CHINESE = "zh_CN"
ROUNDS = 60
FASTEST = ROUNDS // 4
"""Of so many runs those that other work disturbed the least."""
BROWSER = "a" * 32
PAGE = """
import gc
import time

import streamlit as st

from dashboard.text.translation import settle_language
from {module} import page

gc.disable()  # a collection hits whichever language is drawing
began = time.thread_time()
settle_language()
page()
st.session_state["spent"] = time.thread_time() - began
gc.enable()
"""
PAGES = {
    "Soft targets": ("dashboard.views.soft_targets", {}),
    "Train": ("dashboard.views.train", {}),
    "Train, a finished run": ("dashboard.views.train", {"run": "{run}"}),
    "Dark knowledge": ("dashboard.views.dark_knowledge.page", {"run": "{run}", "view": "confusions"}),
    "Sweep": ("dashboard.views.sweep.page", {"vary": "temperature:1..5"}),
    "Runs": ("dashboard.views.runs.page", {"chosen": "{run}"}),
    "Reference, a method": ("dashboard.views.reference", {"view": "cards", "card": "soft-targets"}),
    "Reference, the glossary": ("dashboard.views.reference", {"view": "words"}),
    "Reference, papers": ("dashboard.views.reference", {"view": "papers"}),
    "Class": ("dashboard.views.classroom.page", {}),
}
"""Pages with the module that draws them and what their address holds."""


def against_english(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The processor time of one run of every page in Chinese, over that in English; drawn in turn, the mean of the fastest runs."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, {"STILLROOM_RUNS": f"{folder}/runs"}):
        streamlit_settings.apply()
        torch_imports.warm_up().join()
        remember_label_icons()
        (runs := Path(folder) / "runs").mkdir()
        run = finished_run(runs, data_folder)
        network_outputs.compute_outputs(models.of_run(run, runs), runs, data_folder=data_folder)
        manager = Manager(runs, spare=False)
        try:
            with (
                patch.object(run_manager, "manager", lambda: manager),
                patch.object(session, "id_in_cookies", lambda cookies: BROWSER),
            ):
                spent = {name: _seconds(module, address, run.id) for name, (module, address) in PAGES.items()}
        finally:
            manager.close()
    for name, (english, chinese) in spent.items():
        print(f"  {name}: {1000 * english:.1f} ms in English, {100 * (chinese / english - 1):+.1f} %")
    english, chinese = (sum(column) for column in zip(*spent.values(), strict=True))
    yield "all pages' script runs, Chinese over English", chinese / english, "<= 1.05"
    yield "the dearest page's", max(there / here for here, there in spent.values()), "<= 1.05"


def _seconds(module: str, address: dict[str, str], run: str) -> tuple[float, float]:
    """The processor time of a run of the page, in English and in Chinese."""
    apps = {name: _opened(module, address, run, name) for name in (ENGLISH, CHINESE)}
    spent: dict[str, list[float]] = {name: [] for name in apps}
    for turn in range(ROUNDS):
        for name, app in reversed(apps.items()) if turn % 2 else apps.items():
            _drawn(app, name)
            assert not app.exception, app.exception
            assert not app.error, app.error
            spent[name].append(app.session_state["spent"])
    return _least(spent[ENGLISH]), _least(spent[CHINESE])


def _least(spent: list[float]) -> float:
    return sum(sorted(spent)[:FASTEST]) / FASTEST


def _opened(module: str, address: dict[str, str], run: str, language: str) -> AppTest:
    """The page as a reader of the language has it, drawn twice: what is kept for the next time is there."""
    app = AppTest.from_string(PAGE.format(module=module), default_timeout=60)
    app.session_state[Key.LANGUAGE] = language
    for key, value in address.items():
        app.query_params[key] = value.format(run=run)
    return _drawn(_drawn(app, language), language)


def _drawn(app: AppTest, language: str) -> AppTest:
    """The page after a run; what the tester asks of its widgets is asked in that language too."""
    with speaking(language):
        return app.run()
