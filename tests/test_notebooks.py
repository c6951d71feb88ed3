"""The notebooks of the manual run from their first cell to their last where nothing but the wheel is installed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.installed import ROOT, Installed, build_wheel, install
from tests.manual import page

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
KERNEL = "stillroom-of-the-wheel"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment outside the checkout that has the wheel, and a kernel that runs in it."""
    wheel = build_wheel(tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel"))
    there = install(wheel, tmp_path_factory.mktemp("elsewhere"))
    specification = there.home / "jupyter" / "kernels" / KERNEL / "kernel.json"
    specification.parent.mkdir(parents=True)
    python = str(there.bin / "python")
    words = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification.write_text(json.dumps({"argv": words, "display_name": KERNEL, "language": "python"}))
    return there


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end_and_says_nothing_on_stderr(
    path: Path, installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*os.environ]:
        if name.startswith(("STILLROOM_", "PYTHONPATH")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_PATH", str(installed.home / "jupyter"))
    environment = installed.environment()
    notebook = nbformat.read(path, as_version=4)
    assert all(cell.get("outputs", []) == [] for cell in notebook.cells), "kept without what they print"
    client = NotebookClient(
        notebook, timeout=200, kernel_name=KERNEL, resources={"metadata": {"path": str(installed.working)}}
    )
    client.execute(env=environment)
    printed = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in printed if output.get("name") == "stderr"] == []
    assert any("text/html" in output.get("data", {}) for output in printed)
    assert (installed.data / "runs" / "runs.sqlite3").is_file()
    assert installed.calls_outside() == []


def test_every_notebook_is_in_the_manual() -> None:
    assert len(NOTEBOOKS) == 3
    assert all(f"](notebooks/{path.name})" in page("docs/python.md") for path in NOTEBOOKS)
