"""A dashboard of its own and a real Chromium for the browser tests; a failed one leaves its pictures in build/shots."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kdcore.inference import models, network_outputs
from kdcore.runs.run_record import Run
from scripts import chromium
from tests.browser.helpers import ROOT, Server, end_runs, serving
from tests.kdcore.inference.finished_run import finished_run

SHOTS = ROOT / "build" / "shots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NewContext = Callable[..., BrowserContext]
FreshPage = Callable[[Server], AbstractContextManager[Page]]
LONGEST = ("test_live_stream", "test_dark_knowledge", "test_train", "test_cluster")
VIEWPORT = {"width": 1280, "height": 720}
failed = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder and run it last: Playwright's event loop would stay open under other tests.

    Of these the longest files run first, so that no test process waits long for the last of another.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
    items.sort(
        key=lambda item: (item.get_closest_marker("browser") is not None, item.path.stem not in LONGEST)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember for the fixtures whether the test failed."""
    report: pytest.TestReport = yield
    item.stash[failed] = item.stash.get(failed, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium with a fresh profile; without one its tests are skipped."""
    path = chromium.find()
    if path is None:
        pytest.skip("no Chromium or Chrome that starts: install one, or set STILLROOM_CHROME to its path")
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chrome
        chrome.close()


@pytest.fixture(scope="session")
def server(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, gathered_data: tuple[Path, list[str]]
) -> Iterator[Server]:
    """A dashboard that all browser tests share, with an empty runs folder."""
    data, _ = gathered_data
    with serving(tmp_path_factory.mktemp("runs"), data) as running:
        yield running


@pytest.fixture(scope="session")
def tested_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path, Path]:
    """A tested run on the digits whose students never saw an 8, its runs folder and its data folder; its networks have answered."""
    folder = tmp_path_factory.mktemp("tested_run")
    runs, data = folder / "runs", folder / "data"
    runs.mkdir()
    data.mkdir()
    found = finished_run(runs, data)
    asked = models.of_run(found, runs)
    network_outputs.compute_outputs(asked, runs, data_folder=data)
    network_outputs.compute_projection(asked, "test", "pca", runs, data_folder=data)
    return found, runs, data


@pytest.fixture(scope="module")
def run(
    tested_run: tuple[Run, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path, Path]:
    """The same in folders of a module's own: what its tests train and write there is nobody else's."""
    found, *folders = tested_run
    own = tmp_path_factory.mktemp("run")
    runs, data = (Path(shutil.copytree(one, own / one.name)) for one in folders)
    return found, runs, data


@pytest.fixture
def new_context(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[NewContext]:
    """Makes browser contexts, each as a person with a browser of their own; relative addresses are the server's."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        standard = {"base_url": server.address, "viewport": VIEWPORT}
        contexts.append(browser.new_context(**standard | options))
        return contexts[-1]

    yield make
    pages = [page for context in contexts for page in context.pages]
    if request.node.stash.get(failed, False):
        photograph(request.node.name, pages)
    for context in contexts:
        context.close()
    end_runs(server)


@pytest.fixture(scope="session")
def fresh_page(browser: Browser) -> Iterator[FreshPage]:
    """Opens a page in a browser that knows nobody but has the program's files: loading them takes longer than most tests."""
    contexts: dict[str, BrowserContext] = {}

    @contextmanager
    def opened(server: Server) -> Iterator[Page]:
        if server.address not in contexts:
            contexts[server.address] = browser.new_context(base_url=server.address, viewport=VIEWPORT)  # type: ignore[arg-type]
        context = contexts[server.address]
        page = context.new_page()
        yield page
        stored = {"origin": server.address, "storageTypes": "local_storage,indexeddb"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", stored)
        for each in context.pages:
            each.close()
        context.clear_cookies()

    yield opened
    for context in contexts.values():
        context.close()


@pytest.fixture
def page(fresh_page: FreshPage, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One empty page: `page.goto("/")` opens the dashboard."""
    with fresh_page(server) as opened:
        yield opened
        if request.node.stash.get(failed, False):
            photograph(request.node.name, [opened])
    end_runs(server)


def photograph(test: str, pages: list[Page]) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", test)
    for number, page in enumerate(pages):
        page.screenshot(path=SHOTS / f"{name}-{number}.png", full_page=True)
