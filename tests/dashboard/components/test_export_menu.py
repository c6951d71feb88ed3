"""The menu of a finished run: what can be taken, what cannot and why, and how a file is made when somebody asks."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.pinned_images import numbers, picture
from dashboard.data import export_files, torch_imports
from kdcore import export
from kdcore.errors import RunRefused
from kdcore.events import Validation
from kdcore.experiment import Experiment
from kdcore.export import ExportOptions
from tests.dashboard.conftest import BROWSER
from tests.dashboard.fake_manager import FakeManager


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No file of another test is kept."""
    export_files.export_file.cache_clear()
    export_files._failed.clear()


@pytest.fixture
def finished(manager: FakeManager) -> str:
    run = manager.submit(Experiment(), BROWSER)
    for epoch in range(3):
        manager.say(run.id, Validation(epoch, float(epoch), "student", 90 - epoch, 400, 0.5))
    manager.finish(run.id)
    return run.id


def menu(app: AppTest, run_id: str) -> dict[str, Any]:
    """The buttons of the menu by format."""
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception
    found = {}
    for button in app.get("download_button"):
        _id, menus, format = button.proto.id.rpartition("exports_")
        if menus:
            found[format] = button.proto
    return found


def test_every_format_is_offered_for_a_finished_run(app: AppTest, finished: str) -> None:
    offered = menu(app, finished)
    assert offered.keys() == export.format_modules().keys() - {"link"}
    assert not offered["csv"].disabled
    assert any(f"/train?run={finished}" in code.value for code in app.code)


def test_what_is_refused_says_why(app: AppTest, manager: FakeManager, finished: str) -> None:
    torch_imports._import()  # till then no heavy format is offered to a run without networks
    manager.set(finished, results={})
    offered = menu(app, finished)
    assert {name for name, button in offered.items() if not button.disabled} == {
        "csv",
        "parquet",
        "tensorboard",
        "html",
        "json",
    }
    assert "has no tested networks" in offered["safetensors"].help


def test_a_run_that_trains_offers_nothing_yet(app: AppTest, manager: FakeManager, finished: str) -> None:
    manager.set(finished, status="running", finished=None)
    assert menu(app, finished) == {}
    assert not app.get("download_button")


COMPARED = """
from dashboard.data import run_manager
from dashboard.components.export_menu import export_menu

export_menu(run_manager.manager().runs(), "exports")
"""


def test_a_comparison_offers_what_takes_several_runs(
    manager: FakeManager, browser: str, finished: str
) -> None:
    second = manager.submit(Experiment(), BROWSER)
    manager.say(second.id, Validation(0, 0.0, "student", 9, 400, 0.5))
    app = AppTest.from_string(COMPARED, default_timeout=120)
    assert menu(app, finished).keys() == {"csv", "parquet", "tensorboard", "html"}
    wanted = export_files.export_request(manager.runs(), "csv", ExportOptions())
    assert export_files.file_name(wanted) == f"stillroom-2-runs-{second.id}-curves.csv"
    assert set(pd.read_csv(io.BytesIO(export_files.export_file(wanted)))["run"]) == {finished, second.id}


def of(run_id: str, format: str, manager: FakeManager) -> export_files.ExportRequest:
    return export_files.export_request([manager.run(run_id)], format, ExportOptions())


def test_curves_are_made_here(manager: FakeManager, finished: str, tmp_path: Path) -> None:
    wanted = of(finished, "csv", manager)
    path = tmp_path / export_files.file_name(wanted)
    path.write_bytes(export_files.export_file(wanted))
    assert path.name == f"stillroom-{finished}-curves.csv"
    assert pd.read_csv(path).query("series == 'val_errors'")["value"].tolist() == [90, 89, 88]


def test_a_graph_is_made_in_a_process_of_its_own(
    manager: FakeManager, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def run(words: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        Path(words[-1]).write_bytes(b"made")
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    wanted = replace(of(finished, "onnx", manager), options=ExportOptions("twin"))
    assert export_files.export_file(wanted) == b"made"
    assert export_files.export_file(wanted) == b"made"
    assert len(asked) == 1, "made once for all who ask"
    assert list(asked[0][1:-1]) == [
        "-m",
        "kdcore",
        "export",
        finished,
        "--as",
        "onnx",
        "--role",
        "twin",
        "--language",
        "en",
        "--out",
    ]
    assert Path(asked[0][-1]).name == f"stillroom-{finished}-twin.onnx"


def test_what_failed_once_is_refused_with_its_sentence(
    manager: FakeManager, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 2, "", "a warning\nkdcore: PyTorch cannot say it.\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    wanted = of(finished, "onnx", manager)
    assert export_files.refusal(wanted) == "" or not torch_imports.warm()
    with pytest.raises(RunRefused, match=r"^PyTorch cannot say it\.$"):
        export_files.export_file(wanted)
    assert export_files.refusal(wanted) == "PyTorch cannot say it."
    manager.say(finished, Validation(3, 3.0, "student", 10, 400, 0.1))
    assert export_files.refusal(of(finished, "onnx", manager)) != "PyTorch cannot say it.", "the run went on"


def test_the_pinned_images_are_a_picture_and_numbers() -> None:
    bars = [
        {"name": "a long name & more", "teacher": 0.5, "student": 0.25, "label": True},
        {"name": "b", "teacher": None, "student": 0.75, "label": False},
    ]
    panels = [{"image": "data:image/png;base64,x", "label": "<a>", "bars": bars}]
    drawn = ElementTree.fromstring(picture(panels, "dark"))
    rects = [element for element in drawn.iter() if element.tag.endswith("rect")]
    assert [float(rect.get("width", "0")) for rect in rects[1:]] == pytest.approx(
        [92 * 0.25 / 0.75, 92 * 0.5 / 0.75, 92.0], abs=0.1
    )
    table = numbers(panels)
    assert table["student"].tolist() == [0.25, 0.75]
    assert table["label"].tolist() == ["<a>", "<a>"]
