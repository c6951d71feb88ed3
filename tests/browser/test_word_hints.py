"""Terms are explained where they stand: no page shows a symbol that it does not explain, to pointer, keyboard and finger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.text.glossary import GLOSSARY, SYMBOLS
from kdcore.runs.run_marks import mark
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from tests.browser.conftest import VIEWPORT, FreshPage
from tests.browser.every_page import FIXED, OF_A_RUN, SWEEP, looked_at, opened
from tests.browser.helpers import Server, settled

HINT = ".word_hint"
MEANS = {term.name: term.means for term in GLOSSARY}
FURTHER = {
    "/runs": ".runs",
    "/reference?view=words": "dl.glossary",
    "/sweep": ".st-key-start_sweep",
    **{f"/train?more={group}": "text=MACs" for group in ("optimiser", "regularisation", "augmentation", "machine")},
}  # fmt: skip
ADDRESSES = {one: whole for one, whole in {**FIXED, **OF_A_RUN, **FURTHER}.items() if one != SWEEP}
LIKE_A_SYMBOL = re.compile(
    r"(?<![\w'’.-])(?:[A-Za-z]|[A-Z]{2,}s?|[A-Z]+\d+|[a-z]\d+|[A-Za-z]+[²³]|[α-ωΑ-Ω]|[A-Za-z]*[a-z][A-Z]\w*|[±†‡§∞])(?![\w’-])"
)
"""Single letters, abbreviations, letters with a number, Greek, and signs."""
NO_TERMS = {
    "units": {"s", "k", "m", "M", "x", "kB", "MB", "GB", "µs", "ms"},
    "files and programs": {"CSV", "JPEG", "PNG", "SVG", "JSON", "QR", "PyTorch"},
    "English": {"A", "a", "I"},
    "a method's initials, beside its name": {"CC", "DKD", "ONE", "RKD", "SP"},
    "where a paper was printed, and its network": {
        "CVPR",
        "ICCV",
        "arXiv",
        "NeurIPS",
        "ICLR",
        "AAAI",
        "MobileNetV2",
        "ResNets",
    },
}
TEXTS = """() => {
    const found = [], never = "code, pre, .katex, math, style, script, .word_hint, .st-key-top_bar, [data-testid='stIconMaterial'], [data-testid='stMainMenu']";
    const seen = node => {
        if (node.nodeType === 3 && node.data.trim() && node.parentElement?.checkVisibility()) found.push(node.data);
        if (node.nodeType === 1 && node.matches(never)) return;
        if (node.shadowRoot) seen(node.shadowRoot);
        node.childNodes.forEach(seen);
    };
    seen(document.body);
    return found.join('\\n');
}"""
EXPLAINED = """() => {
    const found = new Set();
    const seen = root => root.querySelectorAll('*').forEach(one => {
        if (one.shadowRoot) seen(one.shadowRoot);
        one.dataset?.words?.split('|').forEach(word => found.add(word));
    });
    seen(document);
    return [...found];
}"""


@pytest.fixture(scope="module")
def reader(browser: Browser, laboratory: Server) -> Iterator[Page]:
    context = browser.new_context(base_url=laboratory.address, viewport=VIEWPORT)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def symbols(text: str) -> tuple[set[str], set[str]]:
    """The symbols of a text that the glossary explains, and what looks like one and is neither explained nor known to be none."""
    known = set()
    for symbol in sorted(SYMBOLS, key=len, reverse=True):
        mark = rf"(?<![\w^]){re.escape(symbol)}(?![\w²])"
        if re.search(mark, text):
            known.add(symbol)
            text = re.sub(mark, " ", text)
    return known, set(LIKE_A_SYMBOL.findall(text)) - set().union(*NO_TERMS.values())


@pytest.mark.parametrize("address", looked_at(ADDRESSES))
def test_no_symbol_is_left_unexplained(
    reader: Page, tested_run: tuple[Run, Path, Path], address: str
) -> None:
    opened(reader, address.format(run=tested_run[0].id), ADDRESSES[address])
    reader.wait_for_selector(
        "html[data-words=looked]", state="attached"
    )  # when it has been quiet for a moment
    known, unknown = symbols(reader.evaluate(TEXTS).replace(tested_run[0].id[:6], ""))
    assert unknown == set()
    explained = set(reader.evaluate(EXPLAINED))
    if "dl.glossary" not in ADDRESSES[address]:  # the list itself
        assert {
            f"{symbol}: {SYMBOLS[symbol]}" for symbol in known if SYMBOLS[symbol] not in explained
        } == set()


def test_the_abbreviations_in_a_formula_are_explained(reader: Page) -> None:
    opened(reader, "/reference?view=cards&card=soft-targets", "text=Use it on the Train page")
    expect(reader.locator(".katex[data-words*='KL divergence']")).to_be_visible()
    assert {"KL divergence", "cross-entropy"} <= set(reader.evaluate(EXPLAINED))


def held(page: Page, word: str) -> str:
    """What holds the word, as a selector."""
    selector = f"[data-words*='{word}']"
    expect(page.locator(selector).first).to_be_visible()
    return selector


WHERE = """([selector, word]) => {
    const holder = document.querySelector(selector);
    holder.scrollIntoView({ block: 'center' });
    const range = [...CSS.highlights.get('words')].find(one => holder.contains(one.startContainer) && one.toString() === word);
    const box = range.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def place(page: Page, word: str, selector: str) -> tuple[float, float]:
    """Where the word is painted."""
    x, y = page.evaluate(WHERE, [selector, word])
    page.wait_for_timeout(200)  # scrolled
    return x, y


def test_a_term_is_explained_to_pointer_and_keyboard(page: Page) -> None:
    page.goto("/train")
    settled(page)
    holder = held(page, "NLL")
    before = page.locator(holder).inner_html()
    page.mouse.move(*place(page, "NLL", holder))
    expect(page.locator(HINT)).to_contain_text(MEANS["NLL"])
    page.keyboard.press("Escape")
    expect(page.locator(HINT)).to_be_hidden()
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")  # from here on the reader uses the keyboard
    page.locator(holder).focus()
    expect(page.locator(HINT)).to_contain_text(MEANS["NLL"])
    assert page.locator(holder).get_attribute("aria-describedby") == page.locator(HINT).get_attribute("id")
    page.keyboard.press("Tab")
    expect(page.locator(HINT)).not_to_contain_text(MEANS["NLL"])
    assert page.locator(holder).inner_html() == before, "the page's own elements stay as they are"


def test_a_finger_opens_and_closes_it(browser: Browser, laboratory: Server) -> None:
    context = browser.new_context(
        base_url=laboratory.address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/train")
    settled(page)
    holder = held(page, "NLL")
    page.touchscreen.tap(*place(page, "NLL", holder))
    hint = page.locator(HINT)
    expect(hint).to_contain_text(MEANS["NLL"])
    box = hint.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.touchscreen.tap(5, 5)
    expect(hint).to_be_hidden()
    context.close()


def test_what_a_reader_typed_is_left_alone(
    fresh_page: FreshPage, laboratory: Server, tested_run: tuple[Run, Path, Path]
) -> None:
    with noted(laboratory, tested_run[0].id, "the twin with ECE"), fresh_page(laboratory) as page:
        page.goto("/runs")
        expect(page.locator(".runs .readonly.note")).to_have_text("the twin with ECE")
        held(page, "temperature")
        expect(page.locator(".runs [data-words*='ECE'], .runs .readonly[data-words]")).to_have_count(0)
        page.goto("/reference?view=cards&find=teacher")
        settled(page)
        held(page, "temperature")
        typed = page.get_by_placeholder("attention, Hinton, ensemble")
        expect(typed).to_have_value("teacher")
        assert typed.get_attribute("data-words") is None


@contextmanager
def noted(server: Server, run_id: str, note: str) -> Iterator[None]:
    """A note on a run, as long as a test looks at it."""
    with closing(Store(server.runs)) as store:
        mark(store, run_id, note=note)
        yield
        mark(store, run_id, note="")
