"""How soon the Train page answers: the first point after Train is pressed, and a widget's answer while many browsers watch.

Client and server share this machine's processors: real browsers would leave the server more of them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from kdcore.runs.store import Store
from kdcore.runs.worker import SPARE
from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.helpers import ROOT, serving, settled

PRESSES = 5
LOAD_SECONDS = 15.0
PATIENCE = 120.0

# Each frame after the press looks for a mark at a line's end that is twin's or student's, after some training.
FIRST_POINT = r"""() => {
  window.firstPoint = new Promise(resolve => {
    const isPoint = path => {
      const label = /^epoch: ([\d.]+);.*look: (twin|student)/.exec(path.getAttribute('aria-label') || '');
      return label && Number(label[1]) > 0 && Number(path.getAttribute('opacity')) > 0;
    };
    const look = began => {
      const chart = document.querySelector('.st-key-error_chart');
      const paths = chart ? [...chart.querySelectorAll('path[aria-roledescription="point"]')] : [];
      if (paths.some(isPoint)) resolve((performance.now() - began) / 1000);
      else requestAnimationFrame(() => look(began));
    };
    document.addEventListener('pointerdown', () => look(performance.now()), {once: true, capture: true});
  });
}"""


def press_to_point(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Seconds from pressing Train on the default preset to the first point drawn, with a warm worker: the median."""
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder) / "runs", data_folder) as server,
        sync_playwright() as playwright,
    ):
        chrome = playwright.chromium.launch(executable_path=chromium.find(), headless=True, args=FLAGS)
        page = chrome.new_page(base_url=server.address)
        store = Store(server.runs)
        seconds: list[float] = []
        worker = ""
        for seed in range(PRESSES):
            worker = _warm_worker(store, after=worker)
            seconds.append(_press(page, seed))
            _until(lambda: store.runs(limit=1)[0].status == "finished", "the run's end")
        store.close()
        chrome.close()
    print(f"  presses: {', '.join(f'{s:.2f} s' for s in seconds)}")
    yield "seconds from pressing Train to the first point, digits", statistics.median(seconds), "<= 0.7"


def _warm_worker(store: Store, after: str) -> str:
    """Wait for a spare worker that is ready and is not `after`, the one that took the last run."""

    def ready() -> str:
        spare = store.fact(SPARE)
        return spare["worker"] if spare else after

    _until(lambda: ready() != after, "a warm spare worker")
    return ready()


def _press(page: Page, seed: int) -> float:
    """Press Train on a new page; returns the seconds until the first point. seed: of a recipe that was not trained yet."""
    page.goto(f"/train?init_seed={seed}")
    settled(page)
    page.get_by_text("MACs").first.wait_for()  # the figures are shown once the server has imported everything
    page.evaluate(FIRST_POINT)
    page.get_by_role("button", name="Train", exact=True).click()
    return float(page.evaluate("() => window.firstPoint"))


def widget_answers(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Milliseconds from changing a widget to the end of the page's rerun, 95th percentile, while two runs train.

    One run is heavy for the processor (MNIST, where it is here), one for the page (long curves); half of the clients watch
    each, by its stream. They are one process on the server's own processors.
    """
    page = {
        "dataset": "digits", "teacher": "digits-mlp-300", "student": "mlp-30", "epochs": 2000, "batch_size": 4,
    }  # fmt: skip
    processor = {
        "dataset": "mnist", "teacher": "mlp-30", "teacher_epochs": 1, "student": "mlp-800x2", "epochs": 2000,
    }  # fmt: skip
    runs = [page, processor if (data_folder / "MNIST").is_dir() else page]
    for clients, bound in ((10, "<= 60"), (30, "<= 100")):
        milliseconds = _load(data_folder, clients, [urlencode(run) for run in runs])
        p95 = statistics.quantiles(milliseconds, n=20)[-1]
        yield f"a widget's answer, p95 in ms, {clients} clients", p95, bound


def _load(data_folder: Path, clients: int, queries: list[str]) -> list[float]:
    """How many milliseconds each answer took, from a server of its own."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "runs", data_folder) as server:
        address = server.address.replace("http://localhost", "ws://127.0.0.1")
        words = [
            sys.executable,
            "-m",
            "bench.simulated_browsers",
            address,
            str(clients),
            str(LOAD_SECONDS),
            *queries,
        ]
        clients_process = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=600)
    measured = json.loads(clients_process.stdout)
    answers: list[float] = measured["milliseconds"]
    print(
        f"  {clients} clients: {len(answers)} answers, median {statistics.median(answers):.0f} ms; "
        f"{measured['events']} events of streams, {measured['script_runs']} script runs"
    )
    return answers


def _until(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"Waited {PATIENCE:.0f} s for {what}.")
        time.sleep(0.1)
