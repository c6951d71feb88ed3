"""Watching a run: one stream a page, no script run while nobody touches anything, and it comes back by itself."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, WebSocket, expect

from tests.browser.conftest import NewContext
from tests.browser.cut_proxy import cut_proxy
from tests.browser.helpers import (
    LONG,
    PATIENCE,
    STOP_SECONDS,
    Server,
    button,
    epoch,
    free_port,
    kill_workers,
    serving,
    settled,
    start,
    trained,
)

CHART = ".st-key-error_chart .live_chart"
DOMAIN = "root => root.chart.view.scale('x').domain()"


class Traffic:
    """What a page asks of its server, from its opening on."""

    def __init__(self, page: Page) -> None:
        self.live: list[Request] = []
        self.frames = 0
        page.on("request", self._note_request)
        page.on("websocket", self._note_socket)

    def _note_request(self, request: Request) -> None:
        if "/live/" in request.url:
            self.live.append(request)

    def _note_socket(self, socket: WebSocket) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, self._note_frame)  # type: ignore[call-overload]

    def _note_frame(self, _frame: object) -> None:
        self.frames += 1


def draws(page: Page) -> int:
    """How often the large chart got new rows."""
    return int(page.locator(CHART).get_attribute("data-draws") or 0)


def drawn_further(page: Page, times: int) -> None:
    """Wait until the large chart got new rows so many times more."""
    page.wait_for_function(
        "least => Number(document.querySelector('.st-key-error_chart .live_chart').dataset.draws) >= least",
        arg=draws(page) + times,
        timeout=PATIENCE,
    )


def test_two_browsers_watch_by_one_stream_each_and_no_script_runs(
    page: Page, new_context: NewContext
) -> None:
    owner, other = page, new_context().new_page()
    traffic = [Traffic(owner), Traffic(other)]
    start(owner)
    trained(owner)
    other.goto(owner.url)
    settled(other)
    for one in (owner, other):
        trained(one)
        expect(one.locator(CHART + " svg.marks")).to_be_visible()
        drawn_further(one, 1)
        settled(one)
    frames = [one.frames for one in traffic]
    before = [epoch(one) for one in (owner, other)]
    for one, left in zip((owner, other), before, strict=True):
        drawn_further(one, 5)
        trained(one, left + 5)
    assert [one.frames for one in traffic] == frames, "nothing went over the WebSocket"
    assert [len(one.live) for one in traffic] == [1, 1]


def test_zoom_and_hover_stay_while_the_curve_grows(page: Page) -> None:
    start(page)
    trained(page, 3)
    chart = page.locator(CHART)
    expect(chart.locator("svg.marks")).to_be_visible()
    drawn_further(page, 3)
    whole = chart.evaluate(DOMAIN)
    chart.evaluate("chart => chart.scrollIntoView({ block: 'center' })")
    box = chart.bounding_box()
    assert box is not None
    x, y = box["x"] + 80, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    chart.locator("svg.marks").evaluate(
        """(svg, [x, y]) => document.elementFromPoint(x, y).dispatchEvent(
            new WheelEvent('wheel', { deltaY: -800, shiftKey: true, clientX: x, clientY: y, bubbles: true, cancelable: true }))""",
        [x, y],
    )
    page.wait_for_function(
        "whole => document.querySelector('.st-key-error_chart .live_chart').chart.view.scale('x').domain()[1] < whole",
        arg=whole[1],
    )
    zoomed = chart.evaluate(DOMAIN)
    page.mouse.move(x + 2, y + 2)
    tooltip = page.locator("#vg-tooltip-element.visible")
    expect(tooltip).to_contain_text("validation error")
    pointed = tooltip.inner_text()
    drawn_further(page, 4)
    assert chart.evaluate(DOMAIN) == zoomed
    assert tooltip.inner_text() == pointed
    expect(chart.locator("path[aria-roledescription='point'][opacity='1']")).not_to_have_count(0)


def test_a_live_chart_follows_the_theme_and_the_width(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    start(page)
    trained(page)
    line = page.locator(CHART + " .mark-line path").last
    expect(line).to_have_attribute("stroke", re.compile("."))
    light = line.get_attribute("stroke")
    page.emulate_media(color_scheme="dark")
    expect(line).not_to_have_attribute("stroke", light or "")
    page.set_viewport_size({"width": 900, "height": 720})
    page.wait_for_function(
        """chart => {
            const root = document.querySelector(chart), svg = root.querySelector('svg.marks');
            return svg && Math.abs(svg.getBoundingClientRect().width - root.clientWidth) <= 2;
        }""",
        arg=".st-key-loss_chart .live_chart",
    )
    drawn_further(page, 1)


def test_a_cut_connection_comes_back_with_what_was_missed(server: Server, new_context: NewContext) -> None:
    with cut_proxy(urlsplit(server.address).port or 0) as proxy:
        page = new_context(base_url=proxy.address).new_page()
        traffic = Traffic(page)
        start(page)
        trained(page)
        settled(page)  # a script run that is cut asks for another one
        with page.expect_request(re.compile("/live/"), timeout=PATIENCE):
            proxy.cut()
        trained(page, epoch(page) + 5)
        assert len(traffic.live) == 2
        assert traffic.live[1].all_headers()["last-event-id"]
        expect(page.locator(".live_status .note")).to_be_empty()


def test_a_page_that_is_not_whole_after_a_lost_connection_is_loaded_anew(page: Page) -> None:
    page.clock.install()
    page.goto("/reference")
    settled(page)
    page.wait_for_function("() => window.stillroomPageEnd?.size === 1")
    page.evaluate("() => { window.old = true; stillroomPageEnd.clear(); }")
    page.clock.run_for(10_000)
    assert page.evaluate("window.old")  # another page may be on its way
    page.evaluate(
        """async () => {
            const app = document.querySelector('[data-testid="stApp"]');
            app.dataset.testConnectionState = 'PINGING_SERVER';
            await Promise.resolve();  // observers are told
            app.dataset.testConnectionState = 'CONNECTED';
        }"""
    )
    page.clock.run_for(10_000)
    page.wait_for_function("() => !window.old")
    page.wait_for_function("() => window.stillroomPageEnd?.size === 1")


def test_where_no_stream_gets_through_the_page_says_so_and_asks(page: Page) -> None:
    page.route(re.compile(r"/live/(?!.*after=)"), lambda route: route.abort())
    start(page)
    expect(page.locator(".live_status .note")).to_contain_text("asks every two seconds")
    left = epoch(page)
    trained(page, left + 3)
    expect(page.locator(CHART + " svg.marks")).to_be_visible()
    button(page, "run-stop").click()
    expect(page.locator(".st-key-controls")).to_contain_text("stopped after")


def test_a_killed_server_is_told_of_and_a_new_one_is_found(
    browser: Browser, tmp_path: Path, gathered_data: tuple[Path, list[str]]
) -> None:
    port, runs, (data, _missing) = free_port(), tmp_path / "runs", gathered_data
    context = browser.new_context()
    page = context.new_page()
    try:
        with serving(runs, data, port) as server:
            start(page, f"{server.address}{LONG}&count=400")  # longer: it outlasts a server's death
            trained(page)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            notice = page.locator(".connection_notice")
            expect(notice).to_contain_text("no connection to its server")
            expect(notice).to_be_visible()
            left = epoch(page)
            _serve_again(page, runs, data, port, left)
    finally:
        context.close()
        kill_workers(runs)


def _serve_again(page: Page, runs: Path, data: Path, port: int, left: float) -> None:
    with serving(runs, data, port) as again:
        trained(page, left + 3)
        expect(page.locator(".connection_notice")).to_be_hidden()
        expect(page.locator(CHART + " svg.marks")).to_be_visible()
        again.process.send_signal(signal.SIGINT)
        again.process.wait(STOP_SECONDS)  # also while somebody watches
