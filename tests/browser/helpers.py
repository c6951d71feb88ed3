"""A dashboard to look at, and when its page has settled."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import FloatRect, Locator, Page, expect

from dashboard.session import cookie_name
from kdcore.errors import RunRefused
from kdcore.events import Command
from kdcore.runs.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90.0
STOP_SECONDS = 20.0
PATIENCE = 240_000
"""Milliseconds for which a test waits, whatever it waits for. What holds is seen at once, so that only a failing test is slow."""
LONG = "/train?epochs=2000&batch_size=2&schedule=constant"


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its process, its runs folder and what it wrote."""

    address: str
    process: subprocess.Popen[bytes]
    runs: Path
    log: Path

    @property
    def cookie(self) -> str:
        """The name of the cookie by which it knows browsers."""
        return cookie_name(urlsplit(self.address).port or 0)


@contextmanager
def serving(
    runs: Path, data: Path, port: int | None = None, *, cwd: Path = ROOT, **further: str
) -> Iterator[Server]:
    """Start `python -m dashboard` on a free port, wait until it is healthy, and end it and its workers afterwards.

    cwd: the folder to start it from. further: environment variables.
    """
    port = port or free_port()
    log = runs.parent / f"{runs.name}-server-{port}.log"
    settings = {
        "PORT": str(port),
        "STILLROOM_RUNS": str(runs),
        "STILLROOM_DATA": str(data),
        "STILLROOM_PREFETCH": "0",  # most pages that tests look at train nothing
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard"],
            cwd=cwd,
            env=os.environ | settings | further,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://localhost:{port}", process, runs, log)
    try:
        wait_until_healthy(server)
        yield server
    finally:
        stop(server)
        kill_workers(runs)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_healthy(server: Server) -> None:
    """Return when the server answers; fails with what it wrote when it ends first or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The dashboard did not start:\n{server.log.read_text(errors='replace')[-4000:]}")


def stop(server: Server) -> None:
    """End the server as ctrl-C does, and by force where that is not enough."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)
        try:
            server.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def kill_workers(runs: Path) -> None:
    """End what still trains into this runs folder; a worker has a session of its own and survives its server."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"STILLROOM_RUNS={runs}\0".encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


def end_runs(server: Server) -> None:
    """End what a test left queued or training: it would keep the slots from the tests that follow."""
    with closing(Store(server.runs)) as store:
        deadline = time.monotonic() + START_SECONDS
        while live := [r for r in store.runs(limit=1000) if r.live or r.status == "queued"]:
            assert time.monotonic() < deadline, f"{live[0].id} does not stop"
            for run in live:
                with suppress(RunRefused):  # it ended in this moment
                    store.command(run.id, Command("stop"))
            time.sleep(0.1)


def settled(page: Page) -> None:
    """Wait until the page is connected and its script has run; what comes by a stream may come later: use auto-waiting `expect`."""
    for state in ("[data-test-connection-state='CONNECTED']", "[data-test-script-state='notRunning']"):
        page.wait_for_selector(f"[data-testid='stApp']{state}", state="attached")
    expect(page.locator("[data-testid='stSkeleton']")).to_have_count(0)


def unfold(expander: Locator) -> None:
    """Open it and wait until it no longer grows: what is pressed in it meanwhile moves away under the mouse."""
    expander.locator("summary").click()
    expander.evaluate(
        """async element => {
            const grows = () => element.getAnimations({ subtree: true }).some(one => one.playState === 'running');
            do await new Promise(requestAnimationFrame);
            while (!element.querySelector('details[open]') || grows());
        }"""
    )


def steady_box(element: Locator) -> FloatRect:
    """Where it is on the page, once it stands still: what loads above may push it down for a while."""
    element.scroll_into_view_if_needed()  # waits for that
    box = element.bounding_box()
    assert box is not None
    return box


def button(page: Page, key: str) -> Locator:
    """The button of that key."""
    return page.locator(f".st-key-{key} button").first  # one with a tooltip is there twice


def browser_id(page: Page) -> str:
    """By which the server knows the page's browser; only after it has opened a page."""
    name = cookie_name(urlsplit(page.url).port or 0)
    return next(str(c["value"]) for c in page.context.cookies() if c["name"] == name)


def epoch(page: Page) -> float:
    """How far the run says that it has come; 0 where it says nothing."""
    said = re.search(r"epoch ([\d.]+) of", page.locator(".st-key-controls").inner_text(timeout=PATIENCE))
    return float(said.group(1)) if said else 0.0


def trained(page: Page, at_least: float = 1.0) -> None:
    """Wait until the run says that it has come so far."""
    page.wait_for_function(
        """least => {
            const said = document.querySelector('.st-key-controls')?.innerText.match(/epoch ([\\d.]+) of/);
            return said && parseFloat(said[1]) >= least;
        }""",
        arg=at_least,
        timeout=PATIENCE,
    )


def start(page: Page, address: str = LONG) -> None:
    """Open a recipe and press Train."""
    page.goto(address)
    settled(page)
    button(page, "train").click()
    expect(page).to_have_url(re.compile(r"[?&]run="))
