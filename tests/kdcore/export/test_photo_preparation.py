"""The program that prepares a photo does exactly what the app does, and the exports say how images are laid out."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kdcore import export
from kdcore.data import uploads
from kdcore.export import photo_preparation
from tests.kdcore.data.test_uploads import encoded, grey, sheet
from tests.kdcore.export.helpers import Finished, packed_export


def model(dataset: str, channels: int, side: int) -> Any:
    return SimpleNamespace(dataset=dataset, shape=(channels, side, side), network="cnn-medium")


def prepared(about: Any, photo: Path, folder: Path) -> np.ndarray[Any, Any]:
    program = folder / photo_preparation.FILE_NAME
    program.write_text(photo_preparation.photo_preparation(about), encoding="utf-8")
    found: np.ndarray[Any, Any] = runpy.run_path(str(program))["prepare"](str(photo))
    return found


def paper_photo(folder: Path) -> Path:
    """Dark ink on grey paper in uneven light, as a phone sees it."""
    ink = sheet(5)
    light = np.linspace(0.6, 0.95, ink.shape[1])[None]
    path = folder / "photo.png"
    path.write_bytes(encoded(grey(light * (1 - 0.8 * ink))))
    return path


@pytest.mark.parametrize(
    ("dataset", "channels", "side"), [("mnist", 1, 28), ("digits", 1, 8), ("cifar10", 3, 32)]
)
def test_ones_own_photo_is_prepared_as_the_app_does(
    dataset: str, channels: int, side: int, tmp_path: Path
) -> None:
    photo = paper_photo(tmp_path)
    found = prepared(model(dataset, channels, side), photo, tmp_path)
    assert found.shape == (1, channels, side, side)
    assert found.dtype == np.float32
    assert (found[0] == uploads.picture(photo.read_bytes(), (channels, side, side))).all()


def test_pictures_of_no_ink_stay_as_they_are(tmp_path: Path) -> None:
    photo = tmp_path / "dark.png"
    photo.write_bytes(encoded(Image.new("RGB", (64, 40), (20, 30, 40))))
    found = prepared(model("my-pets-0123456789", 1, 16), photo, tmp_path)
    assert found.shape == (1, 1, 16, 16)
    assert np.ptp(found) == 0
    assert 0.1 < found.mean() < 0.13
    assert "white on black" not in photo_preparation.layout(model("my-pets-0123456789", 1, 16))["ink"]


def test_it_is_a_program_of_its_own_that_refuses_a_blank_sheet(tmp_path: Path) -> None:
    photo, program = paper_photo(tmp_path), tmp_path / photo_preparation.FILE_NAME
    program.write_text(photo_preparation.photo_preparation(model("mnist", 1, 28)), encoding="utf-8")
    assert "kdcore" not in program.read_text(encoding="utf-8")
    words = [sys.executable, "-I", program.name, photo.name]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("(1, 1, 28, 28) from 0.00 to 1.00")
    assert np.load(tmp_path / "pixels.npy").shape == (1, 1, 28, 28)
    (tmp_path / "blank.png").write_bytes(encoded(Image.new("L", (300, 300), 200)))
    with pytest.raises(ValueError, match="blank"):
        runpy.run_path(str(program))["prepare"](str(tmp_path / "blank.png"))


def test_onnx_says_how_images_are_laid_out_and_brings_the_program(finished: Finished) -> None:
    import onnx

    graph = onnx.load_from_string(packed_export("onnx", finished()))
    said = {entry.key: entry.value for entry in graph.metadata_props}
    assert said["ink"].startswith("white on black: 1 is the ink and 0 the ground")
    assert said["centring"] == "the longer side of the ink fills the 8 pixels"
    assert said["size"] == "8 x 8 pixels, resized without distortion"
    compile(said[photo_preparation.FILE_NAME], photo_preparation.FILE_NAME, "exec")
    assert json.loads(said["shape"]) == [1, 8, 8]
    layout = photo_preparation.layout(model("mnist", 1, 28))
    assert (
        layout["centring"]
        == "the longer side of the ink is 20 of 28 pixels, its centre of mass at pixel 14 of 0 to 27"
    )


def test_the_script_comes_with_the_program(finished: Finished) -> None:
    files = export.export_runs("script", [finished()]).files
    assert "def prepare(path: str)" in files[photo_preparation.FILE_NAME].decode()
