"""The page that is handed out: opened from its file in a real Chromium without a network, used, shown on a slide, and printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.handout.page import MOST_BYTES, Handout
from kdcore.experiment import Experiment
from kdcore.metrics.dark_knowledge import log_soft_targets
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.browser.helpers import PATIENCE, ROOT, settled, steady_box
from tests.dashboard.handout.pictures import SCRIPTED, scripted_set
from tests.kdcore.runs.helping import until

SMALL = Experiment.from_flat({"count": 100, "epochs": 20, "teacher": "digits-mlp-300", "student": "mlp-30"})
PHONE, PAPER, PROJECTOR = (
    {"width": 390, "height": 844},
    {"width": 718, "height": 1000},
    {"width": 1920, "height": 1080},
)
TEMPERATURES = (0.25, 1.0, 4.0, 100.0)
SERIOUS = {"serious", "critical"}
EMPTY = {"exclude": [["svg g:empty"]]}


@dataclass
class Opened:
    """A page, what it asked for beside itself, and what it complained of."""

    page: Page
    file: Path
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def is_alone(self) -> bool:
        return not [url for url in self.asked if url.split("#")[0] != self.file.as_uri()]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a finished run, as the shell makes it."""
    runs, out = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("out") / "page.html"
    store = Store(runs)
    made = store.create(SMALL, "test", status="running")
    train_run(store, made.id, data_folder=runs)
    store.close()
    command = [sys.executable, "-m", "kdcore", "export", made.id, "--as", "page", "--out", str(out)]
    settings = {"STILLROOM_RUNS": str(runs), "STILLROOM_DATA": str(runs)}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


def opened(browser: Browser, file: Path, link: str = "", **options: object) -> Opened:
    context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 800}, **options})  # type: ignore[arg-type]
    found = Opened(context.new_page(), file)
    own = ("data:", "blob:")
    found.page.on("request", lambda request: request.url.startswith(own) or found.asked.append(request.url))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto(file.as_uri() + link)
    expect(found.page.locator("html[data-ready]")).to_be_attached()
    return found


@pytest.fixture
def handout(browser: Browser, file: Path) -> Iterator[Opened]:
    found = opened(browser, file)
    yield found
    assert found.is_alone(), found.asked
    assert found.complaints == []
    found.page.context.close()


def axe_faults(page: Page) -> list[str]:
    found = Axe().run(page, context=EMPTY).response["violations"]
    return [
        f"{fault['id']} at {node['target']}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


def curve_length(page: Page) -> float:
    """How far the student's line reaches to the right, in pixels."""
    lines = page.locator("#curves .live_chart g.mark-line path")
    expect(lines.first).to_be_attached()
    widths = """paths => Math.max(...paths.filter(path => getComputedStyle(path).stroke === 'rgb(196, 78, 0)')
        .map(path => path.getBoundingClientRect().width))"""
    return float(lines.evaluate_all(widths))


# ---- the file itself


def test_it_is_one_file_below_three_megabytes(file: Path) -> None:
    assert len(file.read_bytes()) < MOST_BYTES


def test_its_softmax_is_that_of_the_library(handout: Opened) -> None:
    """To 1e-6, for all pictures and networks in it: computed by the page's own code from the page's own logits."""
    computed = handout.page.evaluate(
        """async temperatures => {
          const plan = JSON.parse(document.getElementById('plan').textContent);
          const text = plan.components.soft_targets.js + '\\nexport { logSoftmax };';
          const { logSoftmax } = await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
          const rows = plan.mounts.flatMap(mount => (mount.data.images || []).flatMap(image => image.logits));
          return { rows, found: temperatures.map(T => rows.map(z => logSoftmax(z, T).map(Math.exp))) };
        }""",
        [*TEMPERATURES],
    )
    logits = torch.tensor(computed["rows"], dtype=torch.float64)
    assert len(logits) > 200
    for temperature, found in zip(TEMPERATURES, computed["found"], strict=True):
        theirs = log_soft_targets(logits, temperature).exp()
        assert (torch.tensor(found, dtype=torch.float64) - theirs).abs().max() < 1e-6


# ---- what it shows, and what can be done with it


def test_the_temperature_is_dragged(handout: Opened) -> None:
    page = handout.page
    expect(page.locator(".readout")).to_have_text("T = 4.0")
    sentence, bits = page.locator("p.sentence"), page.locator(".column .foot").nth(1)
    before = sentence.text_content(), bits.text_content()
    slider = page.get_by_role("slider", name="Temperature")
    box = steady_box(slider)
    page.mouse.move(box["x"] + 0.46 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    expect(page.locator(".readout")).not_to_have_text("T = 4.0")
    assert (sentence.text_content(), bits.text_content()) != before
    slider.press("Home")
    expect(page.locator(".readout")).to_have_text("T = 0.25")
    expect(page.locator(".figures h3").nth(2)).to_contain_text("T²")


def test_a_digit_is_morphed(handout: Opened) -> None:
    page = handout.page
    page.get_by_role("radio", name="2 to 7").check()
    morph = page.get_by_role("slider", name="From 2 to 7")
    belief = page.locator(".column:not(.truth) .row").nth(7).locator(".share")
    morph.press("Home")
    seen = belief.text_content()
    morph.press("End")
    expect(belief).not_to_have_text(seen or "")


def test_the_run_is_gone_through_step_by_step(handout: Opened) -> None:
    page = handout.page
    player = page.get_by_role("slider", name="The recorded step that is shown")
    output, student = page.locator(".run_player output"), page.locator(".headline .student .value")
    expect(output).to_contain_text("epoch 20 of 20")
    tested, whole = student.text_content(), curve_length(page)
    bar = page.locator(".pinned_large .bar.answer .number")
    at_the_end = bar.text_content()
    player.press("Home")
    expect(output).to_contain_text("epoch 0 of 20")
    expect(student).not_to_have_text(tested or "")
    expect(bar).not_to_have_text(at_the_end or "")
    player.press("ArrowRight")
    expect(output).not_to_contain_text("epoch 0 of 20")
    until(lambda: curve_length(page) < whole / 2)
    page.get_by_role("button", name="To the last step").click()
    expect(student).to_have_text(tested or "")
    expect(bar).to_have_text(at_the_end or "")


def test_the_figures_are_those_of_the_record(handout: Opened, file: Path) -> None:
    page = handout.page
    results = page.locator("#results")
    expect(results.locator("table.figures tbody tr")).to_have_count(4)
    counts = [
        re.match(r"(\d+) of 360", text)
        for text in results.locator("tbody td:nth-child(2)").all_text_contents()[:3]
    ]
    in_headline = page.locator(".headline .count").all_text_contents()
    assert all(found and any(found[0] in text for text in in_headline) for found in counts)
    expect(page.locator("#losses .live_chart svg")).to_have_count(3)
    expect(page.locator("#images .live_pinned figure")).to_have_count(6)


# ---- light and dark, phone, slide, frame, paper


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_in_either_theme(browser: Browser, file: Path, scheme: str) -> None:
    found = opened(browser, file, color_scheme=scheme)
    expect(found.page.locator(".live_chart svg").first).to_be_visible()
    assert found.page.locator("html").get_attribute("data-theme") == scheme
    assert axe_faults(found.page) == []
    found.page.get_by_role("button", name="Light or dark").click()
    other = {"light": "dark", "dark": "light"}[scheme]
    assert found.page.locator("html").get_attribute("data-theme") == other
    expect(found.page.locator(f".soft[data-theme={other}]")).to_be_attached()
    found.page.context.close()


def test_a_phone_scrolls_in_one_direction(browser: Browser, file: Path) -> None:
    found = opened(browser, file, viewport=PHONE)
    assert found.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found.page.context.close()


def test_one_figure_fills_a_slide(browser: Browser, file: Path) -> None:
    found = opened(browser, file, "#figure=curves", viewport=PROJECTOR)
    page = found.page
    expect(page.locator("main > section:visible")).to_have_count(1)
    chart = page.locator("#curves .live_chart svg")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    assert box["width"] > 1000
    expect(page.get_by_role("slider", name="The recorded step")).to_be_visible()
    page.get_by_role("link", name="The whole page").click()
    expect(page.locator("main > section:visible")).to_have_count(6)
    found.page.context.close()


def test_it_works_in_a_frame_that_may_do_nothing_but_run_scripts(browser: Browser, file: Path) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto("about:blank")
    page.evaluate(
        """html => { const frame = document.createElement('iframe'); frame.sandbox = 'allow-scripts'; frame.width = 1000; frame.height = 700;
        frame.srcdoc = html; document.body.append(frame); }""",
        file.read_text("utf-8"),
    )
    inside = page.frame_locator("iframe")
    expect(inside.locator(".live_chart svg").first).to_be_attached()
    inside.get_by_role("slider", name="Temperature").press("Home")
    expect(inside.locator(".readout")).to_have_text("T = 0.25")
    context.close()


def test_it_prints(browser: Browser, file: Path) -> None:
    found = opened(browser, file, viewport=PAPER, color_scheme="dark")
    page = found.page
    page.evaluate(
        "() => { window.print = () => { document.body.dataset.printed = document.documentElement.dataset.theme; }; }"
    )
    page.keyboard.press("Control+p")
    expect(page.locator("body")).to_have_attribute(
        "data-printed", "light"
    )  # on white, whatever the screen had
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".run_player button").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert page.pdf(format="A4").startswith(b"%PDF")
    found.page.context.close()


# ---- from the app


def test_soft_targets_is_taken_away_as_it_stands(browser: Browser, page: Page, tmp_path: Path) -> None:
    page.goto("/?T=8")
    settled(page)
    button = page.get_by_role("button", name="Take this page away")
    with page.expect_download(timeout=PATIENCE) as download:
        button.click()
    assert download.value.suggested_filename == "stillroom-soft-targets.html"
    download.value.save_as(tmp_path / "page.html")
    found = opened(browser, tmp_path / "page.html")
    expect(found.page.locator(".readout")).to_have_text("T = 8.0")
    expect(found.page.get_by_role("radio")).to_have_count(4)
    expect(found.page.locator(".player")).to_have_count(0)
    found.page.get_by_role("radio", name="3 to 8").check()
    expect(found.page.get_by_role("slider", name="From 3 to 8")).to_be_visible()
    assert found.is_alone()
    assert found.complaints == []
    found.page.context.close()


# ---- names


def test_scripted_names_run_nothing(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(Handout(SCRIPTED, [SCRIPTED], [scripted_set()]).html(), "utf-8")
    found = opened(browser, tmp_path / "page.html")
    expect(found.page.locator("h1")).to_have_text(SCRIPTED)
    expect(found.page.locator(".row .name").first).to_have_text(SCRIPTED)
    assert found.page.evaluate("globalThis.caught ?? null") is None
    assert found.complaints == []
    found.page.context.close()


def test_what_is_embedded_is_what_it_draws(file: Path) -> None:
    embedded = re.search(r'id="plan">(.*?)</script>', file.read_text("utf-8"), re.S)
    assert embedded
    plan = json.loads(embedded[1])
    assert {"soft_targets", "run_player", "live_chart", "live_text", "pinned_large", "live_pinned"} == {
        *plan["components"]
    }
    for name in ("soft_targets", "run_player", "live_chart"):
        own = (ROOT / "dashboard/components" / f"{name}.js").read_text("utf-8")
        assert own in plan["components"][name]["js"], "the same files, not others"
