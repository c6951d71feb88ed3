"""Every page in a language for tests, in which what was not translated stands out, and in Chinese; the switch between languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from tests.browser.every_page import FIXED, OF_A_RUN, SWEEP, looked_at
from tests.browser.helpers import PATIENCE, Server, end_runs, epoch, serving, settled, start, trained

PAGES = {
    name: whole for name, whole in {**FIXED, **OF_A_RUN}.items() if name not in (SWEEP, "/?show=digits")
} | {SWEEP: ".st-key-start_sweep"}
LECTURER, STUDENT = "a" * 32, "b" * 32
LESSONS = ("/?lesson=what-a-label-leaves-out", "/?lesson=break-it")
IN_CHINESE = (
    "/",
    "/train",
    "/train?run={run}",
    "/class",
    "/reference?view=papers",
    "/reference?view=cards&card=soft-targets",
    "/dark-knowledge?run={run}&view=fidelity",
    "/dark-knowledge?run={run}&view=omitted",
    "/runs?chosen={run}",
    *LESSONS,
)
SHOWN = """() => {
    const texts = [], cut = [];
    const streamlits = "pre, code, .katex, math, svg title, [data-testid='stIconMaterial'], [data-testid='stToolbar'], [data-testid='stMainMenu'], [data-testid='stMainMenuPopover'], .unseen, select";
    const look = root => {
        for (const one of root.querySelectorAll('*')) {
            if (one.shadowRoot) look(one.shadowRoot);
            if (/^(style|script|template|noscript|desc|meta|link|annotation)$/i.test(one.tagName) || one.closest(streamlits)) continue;
            const own = [...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).filter(Boolean).join(' ');
            const style = getComputedStyle(one);
            if (one.matches(':placeholder-shown') && one.getClientRects().length) texts.push(one.placeholder);
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
def reader(browser: Browser, serves: Server) -> Iterator[Page]:
    context = person(browser, serves, "en-XA")
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
    expect(found).to_be_visible()
    seen: dict[str, list[str]] = page.evaluate(SHOWN)
    return seen


def unmarked(text: str) -> str:
    """What of a text stands outside of marks and is no name."""
    while MARKED.search(text):
        text = MARKED.sub("", text)
    return NAMES.sub("", text)


def in_chinese(page: Page, whole: str) -> dict[str, list[str]]:
    """The same page once its reader has switched to Chinese, and nothing of the other language is left."""
    switch(page, "zh_CN")
    if not whole.startswith("text="):
        expect(page.locator(whole).first).to_be_visible()
    page.wait_for_function(f"!({SHOWN})().texts.some(text => text.includes('⟦'))", timeout=PATIENCE)
    seen: dict[str, list[str]] = page.evaluate(SHOWN)
    page.context.clear_cookies()  # the next page is again one of the first language
    return seen


def switch(page: Page, language: str) -> None:
    with page.expect_navigation():
        page.locator(".st-key-language_switch select").select_option(language)
    page.wait_for_function(f"document.documentElement.lang === '{language.replace('_', '-')}'")
    settled(page)


@pytest.mark.parametrize("address", [*looked_at(PAGES), *LESSONS])
def test_every_text_is_translated_and_fits(reader: Page, run: tuple[Run, Path, Path], address: str) -> None:
    seen = visited(reader, address.format(run=run[0].id), PAGES.get(address, ".st-key-lesson"))
    left = {text: rest for text in seen["texts"] if WORDS.search(rest := unmarked(text).strip())}
    assert left == {}
    assert seen["wide"] == 0
    assert any("⟦" in text for text in seen["texts"])
    assert seen["cut"] == [] or address in LESSONS  # a lesson's page is made narrow beside it
    if address not in IN_CHINESE:
        return
    seen = in_chinese(reader, PAGES.get(address, ".st-key-lesson"))
    assert [text for text in seen["texts"] if WORDS.search(NAMES.sub("", text))] == []
    assert seen["wide"] == 0


def test_switching_keeps_the_page_as_it_is(
    browser: Browser, serves: Server, run: tuple[Run, Path, Path]
) -> None:
    context = person(browser, serves, "en-GB")
    page = context.new_page()
    page.goto(f"/dark-knowledge?run={run[0].id}&view=calibration&compared_at=7")
    settled(page)
    before = page.url
    switch(page, "zh_CN")
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识")
    assert page.url == before
    expect(page.locator("[data-testid='stMain']")).to_contain_text("某一种图像")
    other = context.new_page()  # what was chosen holds in every tab, and for every link
    other.goto("/train?lang=en")
    settled(other)
    expect(other.locator(".st-key-top_bar")).to_contain_text("训练")
    switch(other, "en")
    expect(other.locator(".st-key-top_bar")).to_contain_text("Dark knowledge")
    context.close()


def test_a_link_may_ask_for_a_language(browser: Browser, serves: Server) -> None:
    context = person(browser, serves, "en-GB")
    page = context.new_page()
    page.goto("/train?lang=zh_CN")
    settled(page)
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识")
    page.get_by_role("link", name="软目标").click()
    expect(page.locator(".soft")).to_be_visible()
    expect(page.locator(".st-key-top_bar")).to_contain_text("暗知识")
    context.close()


def test_switching_while_something_trains_goes_on_with_it_and_its_link_speaks_the_readers_language(
    browser: Browser, serves: Server
) -> None:
    here, elsewhere = person(browser, serves, "en-GB"), person(browser, serves, "zh-CN")
    page, other = here.new_page(), elsewhere.new_page()
    start(page)
    trained(page)
    before, pressed = page.url, epoch(page)
    switch(page, "zh_CN")
    page.wait_for_function(
        f"parseFloat(document.querySelector('.st-key-controls').innerText.match(/第 ([\\d.]+)\\//)?.[1]) > {pressed}"
    )
    assert page.url == before
    switch(page, "en")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
    expect(page.locator("[data-testid='stMain']").get_by_test_id("stAlert")).to_have_count(0)
    other.goto(page.url)
    settled(other)
    expect(other.locator(".st-key-top_bar")).to_contain_text("暗知识")
    expect(other.locator(".st-key-invitation")).to_contain_text("你正在观看别人的训练。")
    end_runs(serves)
    for context in (here, elsewhere):
        context.close()


def test_switching_keeps_a_prediction_of_a_lesson_and_an_answer_to_a_vote(
    browser: Browser, serves: Server
) -> None:
    with closing(Store(serves.runs)) as store:
        rooms = Classrooms(store)
        code, _secret = rooms.table.make(LECTURER, "Tuesday")
        rooms.members.join(code, STUDENT)
        vote = rooms.votes.put(code, LECTURER, VoteQuestion(asks="Does it help?", options=("yes", "no")))
        context = person(browser, serves, "en-GB")
        context.add_cookies([{"name": serves.cookie, "value": STUDENT, "url": serves.address}])
        page = context.new_page()
        page.goto("/?lesson=what-a-label-leaves-out&lesson_step=guess-at-four")
        settled(page)
        page.locator(".class_panel .vote").get_by_label("no", exact=True).check()
        page.get_by_role("button", name="Send my answer").click()
        expect(page.locator(".class_panel .vote")).to_contain_text("Your answer is counted: no.")
        page.locator(".st-key-lesson_open").get_by_text("Set the page up for this step").click()
        page.get_by_role("button", name="That is my prediction").click()
        expect(page.locator(".st-key-lesson_open").get_by_test_id("stAlert")).to_contain_text("You expected")
        before = page.url
        switch(page, "zh_CN")
        expect(page.locator(".st-key-lesson_open").get_by_test_id("stAlert")).to_contain_text("你的预期")
        expect(page.locator(".class_panel .vote")).to_contain_text("你的答案已计入：no。")
        assert page.url == before
        assert len(rooms.votes.answers(vote.id)) == 1
        context.close()
