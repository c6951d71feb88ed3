"""The bias of a class that was left out, as a user meets it: dragged without a word to the server, then in the link."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.components.class_bias_sliders import HERE
from kdcore.inference import models, output_cache
from kdcore.metrics.class_bias import Recall, recall
from kdcore.runs.run_record import Run
from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, settled, steady_box
from tests.browser.test_accessible import faults

STEPS = 40
LEFT_OUT = 8
ZOOMED = {"width": 960, "height": 600}
"""What is left of a window of 1440 x 900 at 150 %."""


@pytest.fixture
def page(laboratory: Server, fresh_page: FreshPage) -> Iterator[Page]:
    with fresh_page(laboratory) as opened:
        yield opened


def opened(page: Page, run: Run, more: str = "") -> Locator:
    """The component, once it has drawn."""
    page.goto(f"/dark-knowledge?run={run.id}&view=omitted{more}")
    settled(page)
    omitted = page.locator(".omitted")
    expect(omitted).to_have_attribute("data-redraws", re.compile(r"\d+"))
    return omitted


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name=f"Bias of {LEFT_OUT}")


def bias(page: Page) -> float:
    """The bias that the link says."""
    found = re.search(r"[?&]bias=(-?[\d.]+)", page.url)
    return float(found[1]) if found else 0.0


def counted(omitted: Locator, kind: str) -> list[int]:
    """A table's counts of the moment: teacher, twin, student."""
    return [
        int(text.replace(",", "")) for text in omitted.locator(f"table.{kind} .now_cell").all_inner_texts()
    ]


def expected(tested_run: tuple[Run, Path, Path], value: float) -> list[Recall]:
    """What kdcore counts of the same answers."""
    found, runs, data = tested_run
    run_models = models.of_run(found, runs)
    images = output_cache.cached_images(run_models[0], "test", runs, data)
    assert images is not None
    labels, counts = torch.from_numpy(np.array(images.labels)), []
    for model in run_models:
        answers = output_cache.cached_outputs(model, "test", runs, data)
        assert answers is not None
        logits = torch.from_numpy(np.array(answers.logits)).double()
        counts.append(recall(logits, labels, [LEFT_OUT], {LEFT_OUT: value}))
    return counts


def test_dragging_the_bias_redraws_and_asks_the_server_nothing(
    page: Page, tested_run: tuple[Run, Path, Path]
) -> None:
    messages: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _frame: messages.append("sent")))
    omitted = opened(page, tested_run[0])
    before = counted(omitted, "errors")
    assert before == [one.errors for one in expected(tested_run, 0.0)]
    box = steady_box(slider(page))
    middle, start = box["y"] + box["height"] / 2, float(slider(page).input_value())
    drawn = int(omitted.get_attribute("data-redraws") or 0)
    low, high = (float(slider(page).get_attribute(name) or 0) for name in ("min", "max"))
    at = box["x"] + 13 + (start - low) / (high - low) * (box["width"] - 26)
    page.mouse.move(at, middle)
    page.mouse.down()
    messages.clear()
    for step in range(STEPS):
        page.mouse.move(at + (box["x"] + box["width"] - at) * 0.8 * step / STEPS, middle)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    assert messages == [], "a drag is the browser's own affair"
    assert int(omitted.get_attribute("data-redraws") or 0) - drawn > 0.5 * STEPS
    assert counted(omitted, "errors") != before
    assert "bias=" not in page.url
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]bias=\d"))
    assert messages, "on release the link follows"
    now = expected(tested_run, bias(page))
    assert counted(omitted, "errors") == [one.errors for one in now]
    assert counted(omitted, "wrong") == [one.omitted_errors for one in now]


def test_keys_move_it_the_button_sets_it_and_the_link_brings_it(
    page: Page, tested_run: tuple[Run, Path, Path]
) -> None:
    omitted = opened(page, tested_run[0])
    slider(page).focus()
    for key, there in (("ArrowRight", "0.1"), ("PageUp", "1"), ("ArrowLeft", "0.9")):
        slider(page).press(key)
        expect(page).to_have_url(re.compile(rf"[?&]bias={there}(&|$)"))
    expect(slider(page)).to_have_attribute("aria-valuetext", "+0.90")
    expect(omitted.locator("thead").first).to_have_text("now, bias +0.90bias 0")
    expect(page.locator(".headline")).to_contain_text("without a bias; what one changes stands beside")
    best = page.get_by_role("button", name="best on validation for the student")
    best.click()
    expect(page).not_to_have_url(re.compile(r"[?&]bias=0\.9(&|$)"))
    settled(page)
    value = bias(page)
    assert f"{value:+.2f}" in best.inner_text()
    assert counted(omitted, "wrong")[2] == expected(tested_run, value)[2].omitted_errors
    assert expected(tested_run, value)[2].errors < expected(tested_run, 0.0)[2].errors
    spoken = omitted.locator("[aria-live]").inner_text()
    assert f"In all it makes {expected(tested_run, value)[2].errors} errors" in spoken
    page.reload()
    expect(slider(page)).to_have_value(re.compile(re.escape(f"{value:g}")))
    page.get_by_role("button", name="no bias").click()
    expect(page).not_to_have_url(re.compile("bias="))
    expect(slider(page)).to_have_value("0")
    page.set_viewport_size(ZOOMED)
    for figures in (".blocks", ".figures"):
        omitted.locator(figures).scroll_into_view_if_needed()
        expect(slider(page)).to_be_in_viewport(ratio=1)
        expect(omitted.locator(figures)).to_be_in_viewport(ratio=0.7)


def test_on_a_phone_the_notes_beside_the_numbers_are_whole(
    page: Page, tested_run: tuple[Run, Path, Path]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, tested_run[0], "&bias=2")
    ends = page.locator(".headline .note span").evaluate_all(
        "spans => spans.map(span => span.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) <= 390


def test_the_view_has_no_serious_fault(page: Page, tested_run: tuple[Run, Path, Path]) -> None:
    opened(page, tested_run[0], "&bias=2")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    opened(page, tested_run[0], "&bias=2")
    assert faults(page) == []


def test_the_curves_are_exact_steps(browser: Browser) -> None:
    """With two omitted classes, one of them held: the steps against a count at each bias."""
    random = np.random.default_rng(4)
    n, held, low, high = 40, 1.5, -5.0, 10.0
    labels = torch.from_numpy(random.integers(0, 4, n))
    logits = torch.from_numpy(random.normal(0, 2, (n, 4)).astype(np.float32))
    logits[torch.arange(n), labels] += 3
    logits[:, 2:] -= 2
    rest, answer = logits[:, :2].max(dim=1)

    def packed(values: object, kind: str) -> str:
        return b64encode(np.asarray(values, dtype=kind).tobytes()).decode()

    page = browser.new_page()
    page.add_script_tag(content=(HERE / "class_bias_counts.js").read_text("utf-8"))
    steps = page.evaluate(
        """([margins, right, labels, held, low, high]) => stepsOf(
            {margins: unpacked(margins, Float32Array), right: unpacked(right, Uint8Array)},
            unpacked(labels, Uint16Array), [held, 0], 1, low, high)""",
        [packed(logits[:, 2:] - rest[:, None], "<f4"), packed(answer == labels, "u1"), packed((labels - 1).clamp(min=0), "<u2"), held, low, high],
    )  # fmt: skip
    page.close()
    at = np.array(steps["at"])
    assert (at[0], at[-1]) == (low, high)
    compared = 0
    for x in random.uniform(low, high, 200):
        if np.abs(at - x).min() > (high - low) / 1000:
            place = int(np.searchsorted(at, x)) - 1
            found = recall(logits.double(), labels, [2, 3], {2: held, 3: float(x)})
            assert (steps["errors"][place], steps["omitted"][place]) == (found.errors, found.omitted_errors)
            compared += 1
    assert compared > 100
    assert len(set(steps["errors"])) > 5
