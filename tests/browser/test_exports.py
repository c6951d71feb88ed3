"""What is taken away of a run, in a real browser: a report without a network, and a figure's picture from the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from kdcore import export
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import read
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.browser.conftest import NewContext
from tests.browser.helpers import PATIENCE, Server, settled

SHORT_ID = Experiment.from_flat({"count": 100, "epochs": 5, "teacher": "digits-mlp-300", "student": "mlp-30"})


@pytest.fixture(scope="module")
def run(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = Store(server.runs)
    made = store.create(SHORT_ID, "test", status="running")
    train_run(store, made.id, data_folder=tmp_path_factory.mktemp("data"))
    store.close()
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_opens_without_a_network(
    new_context: NewContext, server: Server, run: Run, tmp_path: Path, scheme: str
) -> None:
    store = Store(server.runs)
    records = [read(store, run.id)]
    store.close()
    export.write_bundle(export.export_runs("html", records), tmp_path / "report.html")
    page = new_context(offline=True, color_scheme=scheme).new_page()
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.get_by_role("heading", name="On the test images")).to_be_visible()
    expect(page.locator("svg.chart polyline")).to_have_count(6)
    for line in page.locator("svg.chart polyline").all():
        box = line.bounding_box()
        assert box is not None
        assert box["width"] > 100
    page.set_viewport_size({"width": 1200, "height": 900})
    beyond = "boxes => boxes.filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth).length"
    assert page.locator(".scroll").evaluate_all(beyond) == 0, "all columns are seen"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 690, "and printed"
    page.emulate_media(media="screen")
    student = page.locator("svg.chart .name", has_text="student").first
    colour = {"light": "rgb(196, 78, 0)", "dark": "rgb(255, 159, 90)"}[scheme]
    expect(student).to_have_css("fill", colour)
    assert asked == [(tmp_path / "report.html").as_uri()]
    assert complaints == []


def test_a_finished_run_is_taken_away_from_its_page(page: Page, run: Run, tmp_path: Path) -> None:
    page.goto(f"/train?run={run.id}")
    settled(page)
    figure = page.locator(".st-key-pinned_take_away")
    with page.expect_download() as download:
        figure.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == f"stillroom-{run.id[:8]}-soft-targets.png"
    download.value.save_as(tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10, "something is drawn"
    figure = page.locator(".st-key-error_chart_take_away")
    with page.expect_download() as download:
        figure.get_by_role("button", name="SVG").click()
    drawn = download.value.path().read_text(encoding="utf-8")
    assert re.findall(r"<tspan[^>]*>(.) (\w+)</tspan>", drawn) == [
        ("■", "teacher"),
        ("●", "twin"),
        ("▲", "student"),
    ]
    left = re.search(r'viewBox="(-\d+) ', drawn)
    assert left, "there is room for what stands out of the chart"
    svg, csv = (figure.get_by_role("button", name=name).bounding_box() for name in ("SVG", "CSV"))
    assert svg
    assert csv
    assert csv["x"] - svg["x"] - svg["width"] < 8
    assert abs(csv["y"] + csv["height"] / 2 - svg["y"] - svg["height"] / 2) < 1
    page.get_by_role("button", name="Take it away").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator(".st-key-exports_torchscript button").first.click()
    assert download.value.suggested_filename == f"stillroom-{run.id[:8]}-student.torchscript.pt"
    download.value.save_as(tmp_path / "student.pt")
    import torch

    assert torch.jit.load(str(tmp_path / "student.pt"))(torch.rand(3, 1, 8, 8)).shape == (3, 10)
