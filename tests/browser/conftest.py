"""A dashboard of its own and a real Chromium for the browser tests; a failed one leaves its pictures in build/shots."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from kdcore.inference import models, network_outputs
from kdcore.runs.run_record import Run
from scripts import chromium
from tests.browser.helpers import PATIENCE, ROOT, Server, end_runs, serving
from tests.browser.warm_contexts import WarmContexts, pages_of
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
    "--process-per-site",  # the pages of a context share what one of them has compiled
]
NewContext = Callable[..., BrowserContext]
FreshPage = Callable[[Server], AbstractContextManager[Page]]
LONGEST = (
    "test_every_page",
    "test_class",
    "test_live_stream",
    "test_train",
    "test_step_by_step",
    "test_dark_knowledge",
    "test_languages",
    "test_own_teacher",
    "test_cifar",
)
VIEWPORT = {"width": 1280, "height": 720}
failed = pytest.StashKey[bool]()

# The server, the browser and what trains share a machine, which may be slow.
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder and run it last: Playwright's event loop would stay open under other tests.

    Of these the longest files run first, so that no test process waits long for the last of another.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    """When a test's file is run: what needs no browser first, then by LONGEST, then the rest."""
    if item.get_closest_marker("browser") is None:
        return 0
    name = item.path.stem
    return 1 + (LONGEST.index(name) if name in LONGEST else len(LONGEST))


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
    network_outputs.compute_outputs(asked, runs, data_folder=data, splits=["validation", "test"])
    network_outputs.compute_projection(asked, "test", "pca", runs, data_folder=data)
    return found, runs, data


@pytest.fixture(scope="session")
def laboratory(browser: Browser, tested_run: tuple[Run, Path, Path]) -> Iterator[Server]:
    """A dashboard over the tested run, which the tests that look at it share: they train nothing and leave nothing there."""
    _found, runs, data = tested_run
    with serving(runs, data) as running:
        yield running


@pytest.fixture(scope="module")
def run(
    tested_run: tuple[Run, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path, Path]:
    """The same in folders of a module's own: what its tests train and write there is nobody else's."""
    found, *folders = tested_run
    own = tmp_path_factory.mktemp("run")
    runs, data = (Path(shutil.copytree(one, own / one.name)) for one in folders)
    return found, runs, data


@pytest.fixture(scope="session")
def warm_contexts(browser: Browser) -> WarmContexts:
    """Contexts that have the program's files, for all tests of this process."""
    return WarmContexts(browser)


@pytest.fixture
def new_context(
    browser: Browser, warm_contexts: WarmContexts, server: Server, request: pytest.FixtureRequest
) -> Iterator[NewContext]:
    """Makes browser contexts, each as a person with a browser of their own; relative addresses are the server's."""
    warm: list[BrowserContext] = []
    others: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        options = {"base_url": server.address, "viewport": VIEWPORT} | options
        if options["base_url"] == server.address and not options.get("offline"):
            warm.append(warm_contexts.take(**options))
            return warm[-1]
        others.append(browser.new_context(**options))
        others[-1].set_default_timeout(PATIENCE)
        return others[-1]

    yield make
    if request.node.stash.get(failed, False):
        photograph(request.node.name, [page for context in warm + others for page in pages_of(context)])
    for context in others:
        context.close()
    for context in warm:
        warm_contexts.give_back(context)
    end_runs(server)


@pytest.fixture(scope="session")
def fresh_page(warm_contexts: WarmContexts) -> FreshPage:
    """Opens a page in a browser that knows nobody but has the program's files."""

    @contextmanager
    def opened(server: Server) -> Iterator[Page]:
        context = warm_contexts.take(base_url=server.address, viewport=VIEWPORT)
        try:
            yield context.new_page()
        finally:
            warm_contexts.give_back(context)

    return opened


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
