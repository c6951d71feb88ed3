"""How soon the first screen is drawn, and how many times per second it is redrawn while the temperature is dragged."""

from __future__ import annotations

import json
import random
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from dashboard.components.soft_targets import HERE, script
from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.helpers import serving

OPENINGS = 5
DRAG_SECONDS = 3.0
SHELL = """<!doctype html><style>{css}</style>
<div id="host"><div class="soft"></div></div>
<script type="module">{script}</script>"""
DRAG = """async seconds => {
  const root = document.querySelector('.soft');
  const slider = root.querySelector('.slider_row input[type=range]');
  const began = performance.now(), before = Number(root.dataset.redraws);
  while (performance.now() - began < 1000 * seconds) {
    slider.value = 0.5 + 0.45 * Math.sin((performance.now() - began) / 300);
    slider.dispatchEvent(new Event('input'));
    await new Promise(requestAnimationFrame);
  }
  return (Number(root.dataset.redraws) - before) / ((performance.now() - began) / 1000);
}"""


def opening_and_drag(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Seconds from opening the address on a warm server to the first bars; redraws per second in a drag."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium.find(), headless=True, args=FLAGS)
        with TemporaryDirectory() as folder:
            (Path(folder) / "data").mkdir()
            with serving(Path(folder) / "runs", Path(folder) / "data") as server:
                openings = [_opening(chrome, server.address) for _ in range(OPENINGS + 1)][1:]
        yield "seconds from opening the first screen to its bars", statistics.median(openings), "<= 1.2"
        for classes, bound in ((10, ">= 50"), (100, ">= 30")):
            yield f"redraws per second in a drag, {classes} classes", _redraws(chrome, classes), bound
        chrome.close()


def _opening(chrome: Browser, address: str) -> float:
    """Seconds in a browser with an empty cache."""
    context = chrome.new_context(base_url=address, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".soft")).to_have_attribute("data-redraws", re.compile(r"\d+"), timeout=60_000)
    seconds = float(page.evaluate("performance.now() / 1000"))
    context.close()
    return seconds


def _redraws(chrome: Browser, classes: int) -> float:
    page = chrome.new_page(viewport={"width": 1280, "height": 720})
    code = script().replace("export default function", "window.draw = function")
    css = (HERE / "soft_targets.css").read_text("utf-8")
    page.set_content(SHELL.format(css=css, script=code))
    page.wait_for_function("typeof window.draw === 'function'")
    page.evaluate(
        "data => window.draw({parentElement: document.getElementById('host'), data, setStateValue: () => {}})",
        _data(classes),
    )
    page.wait_for_selector(".soft[data-redraws]")
    redraws = float(page.evaluate(DRAG, DRAG_SECONDS))
    page.close()
    return redraws


def _data(classes: int) -> dict[str, Any]:
    """One picture of so many classes, as the server sends it."""
    from dashboard.components.soft_targets import svg_role_style, texts

    draw = random.Random(0)
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    logits = [draw.gauss(0, 5) for _ in range(classes)]
    network = {**svg_role_style("teacher", "light"), "title": "the teacher"}
    data = {
        "networks": [network],
        "classes": [str(c) for c in range(classes)],
        "images": [{"src": pixel, "label": 0, "title": "", "logits": [logits]}],
        "mode": "single", "morph": None, "index": 0, "temperature": 4.0, "log": False, "mean_entropy": None,
        "truth": svg_role_style("truth", "light"), "theme": "light", "texts": texts(),
    }  # fmt: skip
    as_sent: dict[str, Any] = json.loads(json.dumps(data))
    return as_sent
