"""The dialog of a teacher of one's own: a file is described, asked, looked at and added, and a student learns from it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.data import own_teachers, trained_teachers
from dashboard.session import Key
from dashboard.text.translation import plain
from kdcore import teachers
from kdcore.data import datasets
from kdcore.experiment import Experiment
from kdcore.export.formats import onnx
from kdcore.inference import models
from kdcore.pipelines import removed_teachers
from kdcore.runs.run_record import digest
from kdcore.runs.runs_folder import runs_folder
from tests.kdcore.pipelines.test_recorded_answers import run

CAPTIONS = {"exported.onnx": "an ONNX file · already trained", "people.npz": "recorded answers"}
TEST_ERRORS = {"exported.onnx": 8, "people.npz": 0}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled teacher, which errs on 8 test images, as ONNX that takes pixels; and probabilities that are always right."""
    bundled = models.named("teacher:digits-mlp-300", Path("nowhere"))
    (tmp_path / "exported.onnx").write_bytes(onnx.of_model(bundled).SerializeToString())
    dataset = datasets.load("digits")
    right = {
        name: np.eye(10)[getattr(dataset, name).labels] * 0.89 + 0.011
        for name in ("train", "validation", "test")
    }
    np.savez(tmp_path / "people.npz", **right)
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    for module in (own_teachers, trained_teachers):
        monkeypatch.setattr(module, "browser_id", lambda: "me")
    return tmp_path


def opened(app: AppTest, path: Path) -> AppTest:
    app.query_params["dataset"] = "digits"
    app.run()
    app.button(key="own_teacher").click().run()
    app.file_uploader(key=Key.OWN_TEACHER_FILE).upload(path.name, path.read_bytes(), "").run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


@pytest.mark.parametrize("name", CAPTIONS)
def test_a_file_becomes_the_teacher_of_a_student(name: str, files: Path, app: AppTest) -> None:
    opened(app, files / name)
    if name.endswith(".onnx"):
        assert app.button(key="try_teacher").disabled, (
            "with another normalisation it would err without a word"
        )
        app.selectbox(key="own_teacher.normalised").select("none").run()
    app.button(key="try_teacher").click().run()
    told = re.escape(plain(f"{name} names another class than the label for 0 of "))
    assert re.search(rf"{told}\d+ images", said(app)), (
        "whose answer it is: a refused file leaves the one before it"
    )
    app.button(key="add_teacher").click().run()
    assert not app.exception
    teacher = str(app.query_params["teacher"])
    assert re.fullmatch(rf"{Path(name).stem}-[0-9a-f]{{8}}", teacher)
    assert app.selectbox(key="recipe.teacher").value == teacher
    assert CAPTIONS[name] in said(app)
    results, _ = run(Experiment().with_flat(teacher=teacher, student="mlp-10", count=100, epochs=1), files)
    assert results["teacher"]["test_errors"] == TEST_ERRORS[name]
    assert results["student"]["test_images"] == 360


def test_a_teacher_that_was_removed_comes_back(files: Path, app: AppTest) -> None:
    card = replace(
        teachers.all_cards(Path("nowhere"), "digits")[0],
        name="people",
        owner=digest("me"),
        inputs={"answers": "logits"},
    )
    name = teachers.save_by_content(card, {"all": torch.zeros(2, 2)}, runs_folder() / "teachers").name
    app.query_params["dataset"] = "digits"
    app.run()
    app.button(key="own_teacher").click().run()
    app.button(key=f"remove_{name}").click().run()
    assert plain(f"{name} is removed, and goes for good after seven days.") in said(app)
    assert name not in app.selectbox(key="recipe.teacher").options
    app.button(key=f"restore_{name}").click().run()
    assert not app.exception
    assert app.button(key=f"remove_{name}")
    app.button(key=f"remove_{name}").click().run()
    removed_teachers.purge(runs_folder(), 0)
    app.button(key=f"restore_{name}").click().run()
    assert "This teacher is gone for good. Add it again." in {one.value for one in (*app.error, *app.warning)}
