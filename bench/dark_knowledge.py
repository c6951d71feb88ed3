"""How long Dark knowledge takes to draw each of its views of 10,000 images, once the networks' outputs are there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from dashboard import streamlit_settings
from dashboard.data import torch_imports
from dashboard.views.dark_knowledge.view_choice import VIEWS
from kdcore.inference import models, network_outputs
from kdcore.runs.runs_folder import runs_folder

ANY_PAGE = "import streamlit as st\n\nst.text('')\n"
PAGE = "from dashboard.views.dark_knowledge.page import page\n\npage()\n"
TEMPERATURES = (2, 3, 5)
"""Each is drawn once per view, so that no figure is cached."""


def views(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Milliseconds of the slowest drawing of any view: all MNIST teachers on the test images."""
    if not (data_folder / "MNIST").is_dir():
        print("  MNIST is not here: not measured")
        return
    with TemporaryDirectory() as folder, patch.dict(os.environ, _settings(folder, data_folder)):
        streamlit_settings.apply()
        torch_imports.warm_up().join()
        teachers = models.of_teachers(runs_folder(), "mnist")
        for split in ("test", "validation", "train"):
            network_outputs.compute_outputs(teachers, runs_folder(), data_folder=data_folder, splits=[split])
        network_outputs.compute_projection(teachers, "test", "pca", runs_folder(), data_folder=data_folder)
        AppTest.from_string(ANY_PAGE).run()  # what Streamlit does once a process, before any of our pages
        with patch("dashboard.data.screen.browser_id", lambda: "a" * 32), _no_search_for_components():
            slowest = {view: _milliseconds(view, ",".join(one.key for one in teachers)) for view in VIEWS}
    for view, milliseconds in slowest.items():
        print(f"  {view}: {milliseconds:.0f} ms")
    yield f"slowest view of {len(teachers)} networks on 10,000 images, ms", max(slowest.values()), "<= 300"


def _settings(folder: str, data_folder: Path) -> dict[str, str]:
    return {"STILLROOM_RUNS": str(Path(folder) / "runs"), "STILLROOM_DATA": str(data_folder)}


def _no_search_for_components() -> AbstractContextManager[object]:
    """A server looks for installed components when it starts; AppTest would do so for each view."""
    return patch.object(BidiComponentManager, "discover_and_register_components")


def _milliseconds(view: str, of: str) -> float:
    """The slowest drawing of a view: the first, with nothing cached, and some at other temperatures."""
    app = AppTest.from_string(PAGE, default_timeout=60)
    milliseconds = []
    for temperature in TEMPERATURES:
        for name, value in {"of": of, "view": view, "T": temperature}.items():
            app.query_params[name] = str(value)
        began = time.perf_counter()
        app.run()
        milliseconds.append(1000 * (time.perf_counter() - began))
        assert not app.exception, app.exception
    return max(milliseconds)
