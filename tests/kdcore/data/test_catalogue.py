"""The list of datasets: what it says is here, what it says is missing, and that it costs a page nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kdcore.data import catalogue
from kdcore.errors import DataUnavailable
from tests.manual import ROOT

INCLUDED = ["digits", "drawn", "shapes"]
BUILT_IN = [*INCLUDED, "mnist", "fashion-mnist", "kmnist", "svhn", "cifar10", "cifar100"]


def test_an_empty_folder_offers_what_comes_along_and_what_can_be_fetched(tmp_path: Path) -> None:
    entries = catalogue.catalogue(tmp_path / "nowhere")
    assert [entry.name for entry in entries] == BUILT_IN
    assert [entry.name for entry in entries if entry.available] == INCLUDED
    assert [entry.name for entry in entries if entry.available] == INCLUDED
    for entry in entries[len(INCLUDED) :]:
        assert entry.download_bytes > 10_000_000
        assert f"{entry.title} is not in the data folder." in entry.why_not


def test_what_is_there_is_available(data_folder: Path) -> None:
    entries = {entry.name: entry for entry in catalogue.catalogue(data_folder)}
    assert [*entries] == [*BUILT_IN, "cifar10-jpeg"]
    assert entries["mnist"].available
    assert (entries["mnist"].images, entries["mnist"].size, entries["mnist"].download_bytes) == (
        55_000,
        28,
        0,
    )
    jpeg = entries["cifar10-jpeg"]
    assert (jpeg.title, jpeg.available, jpeg.channels, jpeg.size) == ("CIFAR-10 (JPEG)", True, 3, None)
    assert (jpeg.classes, jpeg.images) == (10, 45_000)


def test_what_can_be_fetched_may_be_asked_for(tmp_path: Path) -> None:
    assert catalogue.entry("mnist", tmp_path).download_bytes > 0


@pytest.mark.parametrize("name", ["nothing", "..", "a/b", ""])
def test_what_is_no_dataset_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataUnavailable, match="There is no dataset"):
        catalogue.entry(name, tmp_path)


def test_folders_that_are_no_datasets_are_not_listed(tmp_path: Path) -> None:
    for name in ("MNIST/raw", ".cache/train/a", "empty", "mnist/train/a", "drawn/train/a"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "train").write_text("")
    assert [entry.name for entry in catalogue.catalogue(tmp_path)] == BUILT_IN


def test_a_name_that_an_experiment_cannot_hold_is_said(tmp_path: Path) -> None:
    (tmp_path / "my pictures" / "train").mkdir(parents=True)
    (entry,) = (e for e in catalogue.catalogue(tmp_path) if e.name not in BUILT_IN)
    assert "'my pictures' is a name that cannot be used. Rename the folder" in entry.why_not


def test_the_data_folder_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    assert catalogue.data_folder() == tmp_path
    monkeypatch.setenv("STILLROOM_DATA", "")
    monkeypatch.chdir(tmp_path)
    assert catalogue.data_folder() == ROOT / "data", "the same from whatever folder"


def test_the_server_lists_datasets_without_loading_torch() -> None:
    program = (
        "import sys; from kdcore.data import catalogue; catalogue.catalogue();"
        "print([m for m in ('torch', 'torchvision', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
