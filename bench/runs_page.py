"""How soon the Runs page shows ten thousand runs, and how soon a filter answers, in a real browser."""

from __future__ import annotations

import json
import random
import secrets
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page, sync_playwright

from kdcore.experiment import Experiment
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store
from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.helpers import serving, settled

RUNS = 10_000
TIMES = 5
OWNER = "0123456789abcdef" * 2
"""The browser that owns half of the runs."""

# Called in the page before the press: resolves with the milliseconds until the table has changed and was painted.
PAINTED = """() => {
  window.painted = new Promise(resolve => {
    const rows = () => {
      const hosts = [...document.querySelectorAll('.st-key-runs_table *')].filter(node => node.shadowRoot);
      const table = hosts.map(host => host.shadowRoot.querySelector('tbody')).find(Boolean);
      return table ? table.textContent : '';
    };
    const before = rows();
    const look = began => {
      const now = rows();
      if (now && now !== before) requestAnimationFrame(() => resolve(performance.now() - began));
      else requestAnimationFrame(() => look(began));
    };
    const begin = () => look(performance.now());
    document.addEventListener('pointerdown', begin, {once: true, capture: true});
    document.addEventListener('keydown', event => { if (event.key === 'Enter') begin(); }, {once: true, capture: true});
  });
}"""


def fill(folder: Path, count: int, *, owner: str = OWNER, curves: int = 0) -> list[str]:
    """Write so many runs that look like years of work; the newest `curves` of them have curves. Returns their ids."""
    chance, store = random.Random(0), Store(folder)
    rows = [_made(chance, n, count, owner) for n in range(count)]
    names = ", ".join(rows[0])
    marks = ", ".join(f":{name}" for name in rows[0])
    with store.writing() as db:
        db.executemany(f"INSERT INTO runs ({names}) VALUES ({marks})", rows)
        newest = db.execute("SELECT number, results FROM runs ORDER BY number DESC LIMIT ?", [curves])
        for number, results in newest.fetchall():
            db.executemany(
                "INSERT INTO points (run, seq, step, epoch, phase, role, series, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                _points(number, json.loads(results)),
            )
            db.execute("UPDATE runs SET seq = 10000 WHERE number = ?", [number])
    store.close()
    return [row["id"] for row in rows]


def _made(chance: random.Random, n: int, count: int, owner: str) -> dict[str, Any]:
    experiment = Experiment().with_flat(
        dataset="digits",
        temperature=chance.choice([1.0, 2.0, 4.0, 8.0, 20.0]),
        student=chance.choice(["mlp-30", "mlp-100", "cnn-small"]),
        method=chance.choice(["soft-targets", "labels-only"]),
        count=chance.choice([100, 500, None]),
        init_seed=n,
    )
    status = chance.choices(["finished", "stopped", "failed"], [90, 7, 3])[0]
    twin = chance.randint(25, 60)
    made = time.time() - 400 * (count - n) - 600
    return {
        "id": "r" + secrets.token_hex(11)[:21],
        "owner": digest(owner if n % 2 else "f" * 32),
        "title": chance.choice(["", "", "", "100 digits, does T help?"]),
        "status": status,
        "experiment": experiment.to_json(),
        "hash": experiment.hash,
        "created": made,
        "started": made,
        "finished": made + 30,
        "active": chance.uniform(3, 300),
        "queued": n,
        "results": json.dumps(_results(chance, twin)) if status == "finished" else "{}",
        "starred": int(chance.random() < 0.03),
        "tags": json.dumps(chance.choices([[], ["course"], ["course", "week 2"], ["keep"]], [80, 10, 5, 5])[0]),
        "note": "the one of the lecture" if chance.random() < 0.02 else "",
    }  # fmt: skip


def _results(chance: random.Random, twin: int) -> dict[str, Any]:
    def tested(errors: int, network: str) -> dict[str, Any]:
        return {
            "network": network, "parameters": 2260, "macs": 2160, "bytes": 9040, "test_errors": errors, "test_images": 360,
            "test_accuracy": 1 - errors / 360, "test_nll": errors / 100, "test_ece": 0.02, "confusion": [[0] * 10] * 10,
        }  # fmt: skip

    student = max(5, twin - chance.randint(-5, 20))
    return {
        "teacher": tested(8, "mlp-300"),
        "twin": tested(twin, "mlp-30"),
        "student": tested(student, "mlp-30"),
    }


def _points(number: int, results: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    seq, chance = 0, random.Random(number)
    for role in ("twin", "student"):
        end = results.get(role, {}).get("test_errors", 40) / 360
        for epoch in range(61):
            seq += 1
            value = end + 0.8 * 0.87**epoch + chance.uniform(-0.004, 0.004)
            yield number, seq, epoch * 10, float(epoch), "students", role, "val_error", value


def rows_and_filters(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Medians over some visits: until the first rows of the history, and from a click on a filter to its rows."""
    with TemporaryDirectory() as folder:
        fill(Path(folder) / "runs", RUNS)
        with serving(Path(folder) / "runs", data_folder) as server, sync_playwright() as playwright:
            chrome = playwright.chromium.launch(executable_path=chromium.find(), headless=True, args=FLAGS)
            context = chrome.new_context(base_url=server.address, viewport={"width": 1280, "height": 720})
            context.add_cookies([{"name": server.cookie, "value": OWNER, "url": server.address}])
            page = context.new_page()
            _first_paint(page)  # the browser and the server have everything once
            opened = [_first_paint(page) for _ in range(TIMES)]
            searched = [_search(page, words) for words in ("lecture", "mlp-100 week", "20", "does T", "keep")]
            switched = [_switch(page) for _ in range(TIMES)]
            chrome.close()
    yield f"first rows of {RUNS:,} runs from the press on Runs, ms", statistics.median(opened), "<= 1000"
    yield "a search's rows, ms", statistics.median(searched), "<= 300"
    yield "a filter's rows, ms", statistics.median(switched), "<= 300"


def _first_paint(page: Page) -> float:
    page.goto("/reference")
    settled(page)
    page.evaluate(PAINTED)
    page.get_by_role("link", name="Runs", exact=True).click()
    milliseconds = float(page.evaluate("() => window.painted"))
    settled(page)
    return milliseconds


def _search(page: Page, words: str) -> float:
    field = page.get_by_role("textbox", name="Search", exact=True)
    field.fill(words)
    page.evaluate(PAINTED)
    field.press("Enter")
    milliseconds = float(page.evaluate("() => window.painted"))
    settled(page)
    return milliseconds


def _switch(page: Page) -> float:
    page.evaluate(PAINTED)
    page.locator(".st-key-starred-choice label").click()
    milliseconds = float(page.evaluate("() => window.painted"))
    settled(page)
    return milliseconds
