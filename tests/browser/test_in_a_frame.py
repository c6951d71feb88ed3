"""The dashboard in a frame of another site: known there where it is allowed and over https, told of elsewhere, shut out by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from dashboard.session import cookie_name
from tests.browser.conftest import NewContext
from tests.browser.helpers import Server, free_port, serving, settled
from tests.browser.tls_proxy import tls_proxy

COURSE, OTHER = "https://courses.example.org", "https://other.example.org"
SHORT = "/train?epochs=2&count=100"


@dataclass(frozen=True)
class Framed:
    """A server that lets one site frame it, over https."""

    server: Server
    address: str


@pytest.fixture(scope="module")
def framed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framed]:
    port, own = free_port(), free_port()
    address = f"https://localhost:{own}"
    settings = {"STILLROOM_FRAMES": COURSE, "STILLROOM_ADDRESSES": address}
    runs, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    with serving(runs, data, port, **settings) as server, tls_proxy(port, own) as secure:
        yield Framed(server, secure)


@contextmanager
def course(browser: Browser, site: str, address: str) -> Iterator[tuple[Page, FrameLocator]]:
    """A page of another site that holds the address in a frame; the reader lets it reach this machine, of which browsers ask."""
    context = browser.new_context(
        ignore_https_errors=True,
        permissions=["local-network-access"],
        viewport={"width": 1280, "height": 900},
    )
    page = context.new_page()
    html = f'<h1>Course</h1><iframe src="{address}" width="1200" height="800"></iframe>'
    page.route(f"{site}/**", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{site}/lesson")
    yield page, page.frame_locator("iframe")
    context.close()


def cookies_of(context: BrowserContext, page: Page) -> list[dict[str, object]]:
    found: list[dict[str, object]] = context.new_cdp_session(page).send("Network.getAllCookies")["cookies"]
    return found


def test_where_it_is_allowed_and_over_https_a_reader_is_known(browser: Browser, framed: Framed) -> None:
    with course(browser, COURSE, framed.address + SHORT) as (page, frame):
        start = frame.get_by_role("button", name="Train", exact=True)
        expect(start).to_be_enabled()
        expect(frame.locator(".framed_notice")).to_be_hidden()
        [cookie] = cookies_of(page.context, page)
        assert cookie["name"] == cookie_name(port_of(framed), framed=True)
        assert cookie["sameSite"] == "None"
        assert cookie["secure"]
        assert cookie["httpOnly"]
        assert "https://example.org" in str(cookie["partitionKey"]), "of this site around it alone"
        start.click()
        expect(frame.get_by_text("finished in").first).to_be_visible()
        page.reload()
        expect(page.frame_locator("iframe").get_by_role("button", name="Train", exact=True)).to_be_enabled()
        assert [one["value"] for one in cookies_of(page.context, page)] == [cookie["value"]], (
            "the same reader"
        )


def port_of(framed: Framed) -> int:
    return int(framed.server.address.rpartition(":")[2])


@pytest.mark.parametrize(
    "site", [OTHER, "http://courses.example.org"], ids=["another site", "another scheme"]
)
def test_a_site_that_is_not_allowed_shows_nothing(browser: Browser, framed: Framed, site: str) -> None:
    with course(browser, site, framed.server.address) as (page, _frame):
        expect(page.get_by_role("heading", name="Course")).to_be_visible()
        expect(page.locator("iframe")).to_be_visible()
        held = page.frames[1]
        assert held.url.startswith("chrome-error:") or held.locator("#root").count() == 0


def test_without_https_the_page_says_that_nothing_is_kept(browser: Browser, framed: Framed) -> None:
    with course(browser, COURSE, framed.server.address) as (_page, frame):
        notice = frame.locator(".framed_notice")
        expect(notice).to_contain_text("nothing can be trained here")
        link = notice.get_by_role("link", name="Open it by itself")
        expect(link).to_have_attribute("target", "_blank")
        assert (link.get_attribute("href") or "").startswith(framed.server.address)


def test_by_itself_it_says_nothing_of_frames(page: Page) -> None:
    page.goto("/")
    settled(page)
    expect(page.locator(".framed_notice")).to_be_hidden()


def test_a_view_is_embedded_by_pasting_what_the_dialog_shows(page: Page, server: Server) -> None:
    page.goto("/train?epochs=7")
    settled(page)
    page.get_by_role("button", name="Show the link as a QR code").click()
    page.get_by_text("Embed this view").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("code", has_text="<iframe")).to_contain_text(
        f'src="{server.address}/train?epochs=7"'
    )
    expect(dialog).to_contain_text("STILLROOM_FRAMES=")


# ---- what comes with the page itself


def test_the_page_is_not_offered_for_translation(page: Page) -> None:
    page.goto("/")
    assert page.locator("html").get_attribute("translate") == "no"
    expect(page.locator("meta[name=google]")).to_have_attribute("content", "notranslate")


def test_a_connection_that_is_blocked_from_the_beginning_is_told_of(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.route_web_socket("**/_stcore/stream", lambda socket: socket.close())
    page.goto("/")
    notice = page.locator("#no_connection")
    expect(notice).to_contain_text("no connection to its server for ten seconds")


def test_a_connection_that_stands_is_not_told_of(page: Page, tmp_path: Path) -> None:
    page.clock.install()
    page.goto("/")
    settled(page)
    page.clock.run_for(12_000)
    expect(page.locator("#no_connection")).to_have_count(0)
