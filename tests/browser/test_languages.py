"""Every page in a language for tests, in which what was not translated stands out, and in Chinese; the switch between languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kdcore.inference import models, network_outputs
from kdcore.runs.run_record import Run
from tests.browser.every_page import FIXED, OF_A_RUN, SWEEP
from tests.browser.helpers import MINUTE, Server, serving, settled
from tests.kdcore.inference.finished_run import finished_run

PAGES = {
    name: whole for name, whole in {**FIXED, **OF_A_RUN}.items() if name not in (SWEEP, "/?show=digits")
} | {SWEEP: ".st-key-start_sweep"}
IN_CHINESE = (
    "/",
    "/train",
    "/train?run={run}",
    "/reference?view=papers",
    "/reference?view=cards&card=soft-targets",
    "/dark-knowledge?run={run}&view=omitted",
    "/runs?chosen={run}",
)
LESSONS = ("what-a-label-leaves-out", "break-it")
SHOWN = """() => {
    const texts = [], cut = [];
    const streamlits = "pre, code, .katex, math, svg title, [data-testid='stIconMaterial'], [data-testid='stToolbar'], [data-testid='stMainMenu'], [data-testid='stMainMenuPopover'], .unseen, select";
    const look = root => {
        for (const one of root.querySelectorAll('*')) {
            if (one.shadowRoot) look(one.shadowRoot);
            if (/^(style|script|template|noscript|desc|meta|link|annotation)$/i.test(one.tagName) || one.closest(streamlits)) continue;
            const own = [...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).filter(Boolean).join(' ');
            const style = getComputedStyle(one);
            if (!own || style.visibility === 'hidden' || !one.getClientRects().length) continue;
            texts.push(own);
            const hides = /hidden|clip/.test(style.overflowX) && !one.closest("[data-baseweb='select'], [data-testid='stSelectbox'], [data-testid='stMultiSelect']");
            if (hides && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1) cut.push(own);
        }
    };
    look(document.body);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return { texts, cut, wide };
}"""
"""Every text that is drawn, those that do not fit their place, and by how much the page is wider than the window."""
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
NAMES = re.compile(
    r"""(?x)
    \b(?:mlp|cnn|resnet|lowrank|wide|digits|drawn|shapes|mnist|cifar)[\w-]*  # networks, teachers, images
    | \b(?:Stillroom|MNIST|SVHN|Fashion|Kuzushiji|CIFAR|JPEG|PNG|SVG|CSV|CNN|PyTorch|TensorBoard|ONNX|Parquet|HTML|JSON)\b
    | \b(?:NLL|ECE|AUC|KL|MACs?|SGD|AdamW|PCA|UMAP|t-SNE|mixup|dropout|cutout|softmax|logit|argmax|float32|bfloat16|cpu|cuda|auto)s?\b
    | \b(?:[kMG]?B|µs|ms|min|img|et\ al)\b
    | \blayers?[.\w]*
    | python\ -m\ kdcore\ [\w=.\ -]*
    | ^[^⟦⟧]*\b(?:19|20)\d\d\b[^⟦⟧\u4e00-\u9fff]*$  # citations
    | ^Skip\ to\ main\ content$  # Streamlit's own
    """
)
WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}|^[A-Z][a-z]{3,}$")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path, Path]:
    folder = tmp_path_factory.mktemp("languages")
    runs, data = folder / "runs", folder / "data"
    runs.mkdir()
    data.mkdir()
    found = finished_run(runs, data)
    asked = models.of_run(found, runs)
    network_outputs.compute_outputs(asked, runs, data_folder=data)
    network_outputs.compute_projection(asked, "test", "pca", runs, data_folder=data)
    return found, runs, data


@pytest.fixture(scope="module")
def serves(browser: Browser, run: tuple[Run, Path, Path]) -> Iterator[Server]:
    with serving(run[1], run[2]) as server:
        yield server


def person(browser: Browser, server: Server, locale: str) -> BrowserContext:
    return browser.new_context(
        base_url=server.address,
        locale=locale,
        reduced_motion="reduce",
        viewport={"width": 1440, "height": 900},
    )


@pytest.fixture(scope="module")
def pseudo(browser: Browser, serves: Server) -> Iterator[Page]:
    context = person(browser, serves, "en-XA")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def chinese(browser: Browser, serves: Server) -> Iterator[Page]:
    context = person(browser, serves, "zh-CN")
    yield context.new_page()
    context.close()


def visited(page: Page, address: str, whole: str) -> dict[str, list[str]]:
    page.goto(address)
    settled(page)
    found = (
        page.locator(whole).first
        if not whole.startswith("text=")
        else page.locator("[data-testid='stMain'] button").first
    )
    expect(found).to_be_visible(timeout=MINUTE)
    seen: dict[str, list[str]] = page.evaluate(SHOWN)
    return seen


def unmarked(text: str) -> str:
    """What of a text stands outside of marks and is no name."""
    while MARKED.search(text):
        text = MARKED.sub("", text)
    return NAMES.sub("", text)


@pytest.mark.parametrize("address", PAGES)
def test_every_text_is_translated_and_fits(pseudo: Page, run: tuple[Run, Path, Path], address: str) -> None:
    seen = visited(pseudo, address.format(run=run[0].id), PAGES[address])
    left = {text: rest for text in seen["texts"] if WORDS.search(rest := unmarked(text).strip())}
    assert left == {}
    assert seen["cut"] == []
    assert seen["wide"] == 0
    assert any("⟦" in text for text in seen["texts"])


@pytest.mark.parametrize("lesson", LESSONS)
def test_lessons_are_translated(pseudo: Page, lesson: str) -> None:
    seen = visited(pseudo, f"/?lesson={lesson}", ".st-key-lesson")
    left = [text for text in seen["texts"] if WORDS.search(unmarked(text).strip())]
    assert left == []


@pytest.mark.parametrize("address", IN_CHINESE)
def test_a_chinese_reader_reads_no_english(chinese: Page, run: tuple[Run, Path, Path], address: str) -> None:
    seen = visited(chinese, address.format(run=run[0].id), PAGES.get(address, ".st-key-top_bar"))
    left = [text for text in seen["texts"] if WORDS.search(NAMES.sub("", text))]
    assert left == []
    assert seen["wide"] == 0
    assert chinese.evaluate("document.documentElement.lang") == "zh-CN"


def test_switching_keeps_the_page_as_it_is(
    browser: Browser, serves: Server, run: tuple[Run, Path, Path]
) -> None:
    context = person(browser, serves, "en-GB")
    page = context.new_page()
    page.goto(f"/dark-knowledge?run={run[0].id}&view=calibration&compared_at=7")
    settled(page)
    before = page.url
    page.locator(".st-key-language_switch select").select_option("zh_CN")
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识", timeout=MINUTE)
    settled(page)
    assert page.url == before
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    expect(page.locator("[data-testid='stMain']")).to_contain_text("某一种图像", timeout=MINUTE)
    other = context.new_page()  # what was chosen holds in every tab, and for every link
    other.goto("/train?lang=en")
    settled(other)
    expect(other.locator(".st-key-top_bar")).to_contain_text("训练", timeout=MINUTE)
    other.locator(".st-key-language_switch select").select_option("en")
    expect(other.locator(".st-key-top_bar")).to_contain_text("Dark knowledge", timeout=MINUTE)
    context.close()


def test_a_link_may_ask_for_a_language(browser: Browser, serves: Server) -> None:
    context = person(browser, serves, "en-GB")
    page = context.new_page()
    page.goto("/train?lang=zh_CN")
    settled(page)
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识", timeout=MINUTE)
    page.get_by_role("link", name="软目标").click()
    expect(page.locator(".soft")).to_be_visible(timeout=MINUTE)
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识", timeout=MINUTE)
    context.close()
