"""Where a copy of the program keeps what."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from kdcore import installation
from kdcore.data import catalogue
from kdcore.errors import OutOfResources
from kdcore.runs.local_engine import environment
from kdcore.runs.runs_folder import runs_folder
from tests.manual import ROOT


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STILLROOM_RUNS", "STILLROOM_DATA", "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_checkout_has_all_in_one_place_from_whatever_folder() -> None:
    assert installation.checkout() == ROOT
    assert installation.assets_folder() == ROOT / "assets"
    assert (runs_folder(), catalogue.data_folder()) == (ROOT / "runs", ROOT / "data")
    assert "NUMBA_CACHE_DIR" not in environment()


def test_a_package_keeps_nothing_beside_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "kdcore"
    monkeypatch.setattr(installation, "PACKAGE", package)
    assert installation.checkout() is None
    assert installation.assets_folder() == package / "assets"
    users = platformdirs.user_data_path("stillroom", appauthor=False)
    assert (runs_folder(), catalogue.data_folder()) == (users / "runs", users / "data")
    assert environment()["NUMBA_CACHE_DIR"] == str(users / "compiled"), (
        "else it compiles into the packages' folders"
    )


@pytest.mark.parametrize("name", ["STILLROOM_RUNS", "STILLROOM_DATA"])
def test_a_setting_means_the_same_in_every_folder(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = {"STILLROOM_RUNS": runs_folder, "STILLROOM_DATA": catalogue.data_folder}[name]
    for text, meant in (
        ("~/mine", tmp_path / "mine"),
        ("mine", tmp_path / "mine"),
        (str(tmp_path), tmp_path),
    ):
        monkeypatch.setenv(name, text)
        assert folder() == meant
    monkeypatch.setenv(name, "~nobody-of-this-name/mine")
    with pytest.raises(
        OutOfResources, match=f"{name}=~nobody-of-this-name/mine: there is no such home folder"
    ):
        folder()
