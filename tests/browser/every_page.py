"""What the tests of every page look at: the addresses, every colour on a page, and every text with its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.helpers import PATIENCE

SWEEP = "/sweep?vary=temperature:1..5&seeds=1&epochs=40"
CHART = "svg.marks"
FIXED: Mapping[str, str] = {
    "/": ".soft[data-redraws]",
    "/?show=digits": ".soft[data-redraws]",
    "/train": "text=MACs",
    SWEEP: f".st-key-answer_chart {CHART}",
    "/class": "text=No accounts, no e-mail",
    "/reference?view=figures": f"{CHART} >> nth=1",
    "/reference?view=papers": "table.figures",
    "/reference?view=cards&card=soft-targets": "text=Use it on the Train page",
}
"""Addresses, and what is there once the page is whole."""
OF_A_RUN: Mapping[str, str] = {
    "/train?run={run}": f".st-key-layer_chart {CHART}",
    "/runs?chosen={run}": f".st-key-overlay {CHART}",
    "/dark-knowledge?run={run}&view=similarity&cell=3-5": f".st-key-dendrogram_0 {CHART}",
    "/dark-knowledge?run={run}&view=confusions": f".st-key-confusions_0 {CHART}",
    "/dark-knowledge?run={run}&view=fidelity": ".st-key-view canvas",
    "/dark-knowledge?run={run}&view=calibration": f".st-key-reliability {CHART}",
    "/dark-knowledge?run={run}&view=coverage": ".st-key-risk_coverage .main-svg",
    "/dark-knowledge?run={run}&view=classes": ".st-key-view",
    "/dark-knowledge?run={run}&view=map": f".st-key-feature_map {CHART}",
    "/dark-knowledge?run={run}&view=costs": "text=MACs",
    "/dark-knowledge?run={run}&view=omitted": ".omitted[data-redraws]",
}
IN_EVERY_RUN = (
    "/",
    "/train",
    "/train?run={run}",
    "/runs?chosen={run}",
    "/dark-knowledge?run={run}&view=similarity&cell=3-5",
    "/reference?view=figures",
)
"""Addresses that `make test` looks at too; the others are looked at by `make proofs`."""


def looked_at(addresses: Iterable[str]) -> list[Any]:
    """Addresses to try a test with, those of `make proofs` alone marked so."""
    return [pytest.param(one, marks=[] if one in IN_EVERY_RUN else pytest.mark.proof) for one in addresses]


_EACH_ELEMENT = """(root, look) => {
    const seen = within => {
        for (const one of within.querySelectorAll('*')) {
            if (one.shadowRoot) seen(one.shadowRoot);
            if (/^(style|script|template|title|desc|meta|link)$/i.test(one.tagName)) continue;
            if (one.closest("[data-testid='stMainMenuPopover'], [data-testid='stToolbar'], .unseen")) continue;
            const style = getComputedStyle(one), text = [...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
            if (style.visibility !== 'hidden' && one.getClientRects().length) look(one, style, text);
        }
    };
    seen(root);
}"""
COLOURS = f"""() => {{
    const found = [];
    ({_EACH_ELEMENT})(document, (one, style, text) => {{
        const shown = [style.backgroundColor, style.fill, style.stroke, ...(text ? [style.color] : [])];
        if (one.tagName === 'CANVAS' && one.width) shown.push([...one.getContext('2d').getImageData(2, 2, 1, 1).data].join());
        found.push([one.tagName, text.slice(0, 40), ...shown].join(' | '));
    }});
    return found.sort();
}}"""
"""Every element that is drawn with its colours, shadow roots and charts included."""
SMALL = f"""([least, inCells]) => {{
    const found = new Set();
    ({_EACH_ELEMENT})(document, (one, style, text) => {{
        if (!text || one.closest(".katex, math, [data-testid='stIconMaterial']")) return;
        const scale = one.getScreenCTM ? Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b) : 1;
        const size = parseFloat(style.fontSize) * scale, cell = one.closest('.role-mark') && one.closest("[class*='st-key-similarity_'], [class*='st-key-confusions_'], [class*='st-key-difference_'], .st-key-shared_doubt");
        if (size < (cell ? inCells : least) - 0.05) found.add(size.toFixed(1) + ' px: ' + text.slice(0, 40));
    }});
    return [...found];
}}"""
"""Texts below a size in pixels on the screen; signs within a formula are as small as their place asks."""


def opened(page: Page, address: str, whole: str) -> None:
    """Open the address and wait until all of it is drawn."""
    page.goto(address)
    expect(page.locator(whole).first).to_be_visible()
    expect(page.locator("[data-testid='stSkeleton']")).to_have_count(0)
    at_rest(page)
    expect(page.get_by_text("The networks are looking at the images")).to_have_count(0)
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until the page has run and its colours have stayed the same for three looks."""
    page.mouse.move(0, 0)
    page.evaluate("[window.lookedLike, window.looksAlike] = [null, 0]")
    page.wait_for_function(
        f"""() => {{
            const app = document.querySelector("[data-testid='stApp']"), mark = document.createElement('i');
            mark.style.color = getComputedStyle(app).getPropertyValue('--paper');
            app.append(mark);
            const drawnFor = getComputedStyle(mark).color;
            mark.remove();
            const now = ({COLOURS})().join('\\n'), same = window.lookedLike === now;
            window.lookedLike = now;
            window.looksAlike = same ? window.looksAlike + 1 : 0;
            return window.looksAlike > 1 && drawnFor === getComputedStyle(app).backgroundColor && app.dataset.testScriptState === 'notRunning';
        }}""",
        polling=250,
        timeout=PATIENCE,
    )


def choose_theme(page: Page, name: str) -> None:
    """Choose a theme in Streamlit's menu, as a reader does."""
    page.locator("[data-testid='stMainMenu'] button, [data-testid='stMainMenu']").first.click()
    page.locator(f"[data-testid='stMainMenuItem-theme-{name}']").click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid='stMainMenuPopover']")).to_have_count(0)


def complaint(message: ConsoleMessage) -> str:
    """A warning or an error of ours; empty for what Streamlit itself asks for in vain, and for what these tests cause."""
    ours = message.type in ("warning", "error") and "_stcore/" not in message.location.get("url", "")
    return message.text if ours and "getImageData" not in message.text else ""
