"""Watching a run learn: held at its first step, step by step, at a pace, and back and forth through what it has recorded."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from dashboard.charts.pinned_image_bars import soft_targets
from kdcore.runs.store import Store
from tests.browser.conftest import NewContext
from tests.browser.helpers import Server, button, settled, start, steady_box, trained
from tests.browser.test_accessible import faults

SHOWN = ".run_player output"
BARS = ".live_pinned .student"
LARGE = ".pinned_large"
LOSE_WHAT_SAYS_PACE = """() => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (sent) {
        if (!new TextDecoder().decode(sent).includes('"pace"')) return send.call(this, sent);
        WebSocket.prototype.send = send;
    };
}"""
"""The first message that says so is lost; what comes after it is not."""
FRAMES = """() => {
    window.frames_seen = 0;
    const socket = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...sent) { window.frames_seen += 1; return socket.apply(this, sent); };
}"""


def key(page: Page, name: str) -> Locator:
    """A key of the player."""
    return page.locator(f".run_player .{name}")


def scrub(page: Page, index: int) -> None:
    """Drag the player's slider to a recorded step."""
    page.locator(".run_player input").evaluate(
        """(range, index) => {
            range.value = index;
            for (const name of ['input', 'change']) range.dispatchEvent(new Event(name, { bubbles: true }));
        }""",
        index,
    )


def state(page: Page) -> list[object]:
    """All that shows a step: the numbers, the curves, the pinned images' bars, the terms and the gradients."""
    charts = [f".st-key-{name}_chart .live_chart" for name in ("error", "loss", "side", "layer")]
    for chart in charts:
        expect(page.locator(f"{chart} svg.marks")).to_be_visible()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    rows = "root => JSON.stringify(root.chart.view.data('source').map(({ kind, look, text, x, layer, y }) => [kind, look, text, x, layer, y]))"
    return [
        page.locator(".headline:visible").inner_text(),
        *(page.locator(chart).evaluate(rows) for chart in charts),
        page.locator(BARS).evaluate_all("bars => bars.map(bar => bar.style.width)"),
        page.locator(f"{LARGE} .bars i").evaluate_all("bars => bars.map(bar => bar.style.width)"),
    ]


def reach(page: Page, name: str) -> float:
    """The epoch to which the curves of twin and student are drawn."""
    found: float = page.locator(f".st-key-{name}_chart .live_chart").evaluate(
        "root => Math.max(...root.chart.view.data('source').filter(row => row.kind === 'line').map(row => row.x))"
    )
    return found


def test_a_run_is_held_at_its_first_step_and_goes_step_by_step_at_its_pace(page: Page) -> None:
    page.goto("/train?epochs=40")
    settled(page)
    button(page, "slow").click()
    controls = page.locator(".st-key-controls")
    expect(controls).to_contain_text("paused · epoch 0 of 40")
    button(page, "run-step_batch").click()
    expect(page.locator(SHOWN)).to_have_text("step 1 of 40 · epoch 1 of 40")
    first = page.locator(BARS).evaluate_all("bars => bars.map(bar => bar.style.width)")
    button(page, "run-step_batch").click()
    expect(page.locator(SHOWN)).to_have_text("step 2 of 40 · epoch 2 of 40")
    assert page.locator(BARS).evaluate_all("bars => bars.map(bar => bar.style.width)") != first, "they moved"

    speed = page.get_by_label("training")
    expect(speed).to_have_value("10")
    button(page, "run-resume").click()
    expect(controls).to_contain_text("10 steps a second")
    page.evaluate(LOSE_WHAT_SAYS_PACE)
    speed.select_option("1 step a second")
    expect(controls).to_contain_text("1 step a second")
    speed.select_option("as fast as it goes")
    expect(page.get_by_text("What this shows")).to_be_visible()


def test_a_run_is_scrubbed_and_its_link_shows_the_same_step(page: Page, new_context: NewContext) -> None:
    page.add_init_script(f"({FRAMES})()")
    page.goto("/train?epochs=40")
    settled(page)
    button(page, "train").click()
    expect(page.get_by_text("What this shows")).to_be_visible()
    settled(page)
    last = state(page)
    sent = page.evaluate("window.frames_seen")
    scrub(page, 4)
    expect(page).to_have_url(re.compile(r"[?&]step=\d+$"))
    expect(page.locator(SHOWN)).to_have_text(re.compile(r"step (\d+) of 40 · epoch \1 of 40"))
    earlier = state(page)
    for what, (before, after) in zip(
        ("numbers", "error", "loss", "side", "layer", "bars", "large"),
        zip(last, earlier, strict=True),
        strict=True,
    ):
        assert before != after, what

    shown = int(re.search(r"step (\d+)", page.locator(SHOWN).inner_text())[1])  # type: ignore[index]
    assert reach(page, "error") == shown
    assert 0 < reach(page, "loss") <= shown
    assert 0 < reach(page, "side") <= shown
    assert faults(page) == []
    label = page.locator(f"{LARGE} .label")
    first = label.inner_text()
    page.locator(f"{LARGE} .others button").nth(2).click()
    expect(label).not_to_have_text(first)
    expect(page).to_have_url(re.compile("image=2"))
    assert page.locator(f"{LARGE} .bars").evaluate("bars => bars.children.length") == 10
    for who in ("teacher", "student", "twin"):
        expect(page.locator(f"{LARGE} .bars .{who}")).to_have_count(10)
    earlier = state(page)

    other = new_context().new_page()
    other.goto(page.url)
    settled(other)
    expect(other.locator(f"{LARGE} .label")).to_have_text(label.inner_text())
    expect(other.locator(SHOWN)).to_have_text(page.locator(SHOWN).inner_text())
    assert state(other) == earlier, "whoever opens the link sees the same"
    key(other, "back").click()
    expect(other.locator(SHOWN)).not_to_have_text(page.locator(SHOWN).inner_text())

    key(page, "next").click()
    page.get_by_label("recorded steps").select_option("30 a second")
    key(page, "play").click()
    expect(page).not_to_have_url(re.compile("step="))
    expect(page.locator(SHOWN)).to_have_text("step 40 of 40 · epoch 40 of 40")
    page.locator(".live_pinned figure").first.click()
    expect(label).to_have_text(first)
    assert state(page) == last
    assert page.evaluate("window.frames_seen") == sent, "no script ran for any of it"


def test_a_hot_change_shows_at_once_while_its_slider_is_dragged(page: Page, server: Server) -> None:
    """Computed in the browser: no script runs before the slider is let go. Marks in the curve do not overprint."""
    page.add_init_script(f"({FRAMES})()")
    start(page)
    trained(page)
    shown = page.locator(".hot_change")
    expect(shown.locator(".title")).to_have_text("Now, at T = 4 and weight 0.9")
    [run] = Store(server.runs).runs(limit=1)
    [pinned] = [event.payload for event in Store(server.runs).events(run.id) if event.kind == "Pinned"]

    def likeliest(temperature: float) -> str:
        return f"{100 * max(soft_targets(pinned['teacher_logits'][0], temperature)):.0f} %"

    expect(shown.locator(".number").first).to_have_text(likeliest(4))
    sent, share = page.evaluate("window.frames_seen"), shown.locator(".shares p").inner_text()
    drag(page, "recipe-temperature", 60)
    slider = page.locator(".st-key-recipe-temperature input")
    expect(slider).not_to_have_attribute("aria-valuetext", "4")
    asked = float(slider.get_attribute("aria-valuetext") or 0)
    assert asked > 4
    expect(shown.locator(".title")).to_have_text(f"What T = {asked:g} and weight 0.9 would do now")
    expect(shown.locator(".number").first).to_have_text(f"{likeliest(4)} → {likeliest(asked)}")
    expect(shown.locator(".shares p")).to_contain_text(
        re.compile(r"\d % of the gradient would come from the teacher")
    )
    assert shown.locator(".shares p").inner_text() != share
    assert page.evaluate("window.frames_seen") == sent, "no script ran for it"
    page.mouse.up()
    expect(shown.locator(".title")).to_have_text(f"Now, at T = {asked:g} and weight 0.9")

    for presses in ("Home", "End", "Home"):
        page.get_by_role("slider", name=re.compile("Temperature")).press(presses)
        temperature = {"Home": "0.25", "End": "100"}[presses]
        expect(shown.locator(".title")).to_have_text(f"Now, at T = {temperature} and weight 0.9")
    texts = page.locator(".st-key-error_chart svg text", has_text=re.compile("^T = "))
    expect(texts).to_have_count(4)
    boxes = texts.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(b => [b.left, b.right, b.top, b.bottom])"
    )
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] + 2 or other[3] <= top + 2


def drag(page: Page, widget: str, pixels: int) -> None:
    """Take a slider's thumb and move it, without letting go."""
    thumb = page.locator(f".st-key-{widget} [data-testid='stSliderThumbValue']")
    page.locator(".hot_change .shared").scroll_into_view_if_needed()  # it stands below the sliders
    box = steady_box(thumb)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=6)


def test_a_shared_run_invites_to_train_ones_own_in_front_of_it(page: Page, new_context: NewContext) -> None:
    page.goto("/train?epochs=40")
    settled(page)
    button(page, "train").click()
    expect(page.get_by_text("What this shows")).to_be_visible()
    phone = new_context(viewport={"width": 390, "height": 844}).new_page()
    phone.goto(page.url)
    settled(phone)
    own = button(phone, "own")
    expect(own).to_be_in_viewport()
    first = phone.locator("[data-testid='stMain'] button:visible").nth(1)  # after Copy link
    expect(first).to_have_text(re.compile("Train your own"))
    own.click()
    expect(phone).to_have_url(re.compile(r"ghost="))
    expect(phone.get_by_text("What this shows")).to_be_visible()
    expect(phone.locator(".st-key-ghost")).to_contain_text("an earlier run of mlp-30 at T = 4, seed 0")
    lines = phone.locator(".st-key-error_chart svg .mark-line path")
    expect(lines).to_have_count(5)  # two of the shared run, twin, student and teacher
    assert len(set(lines.evaluate_all("lines => lines.map(line => line.getAttribute('d'))"))) == 5
