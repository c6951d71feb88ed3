"""The wheel holds every file of the two packages, what they read of assets, and the licence; nothing that only developers need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kdcore", "dashboard")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built from a copy, so that nothing is left in the checkout."""
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for folder in (*PACKAGES, "assets", "bench", "scripts"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", BUILD, out], cwd=checkout, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_every_file_of_the_packages_and_every_teacher_is_in_the_wheel(wheel: set[str]) -> None:
    folders = [*PACKAGES, "assets/teachers", "assets/methods", "assets/reproductions"]
    files = {
        str(p.relative_to(ROOT)) for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()
    }
    wanted = {name for name in files if "__pycache__" not in name and not name.endswith(".md")}
    assert wanted - wheel == set()


def test_the_licence_is_in_the_wheel_and_what_only_developers_need_is_not(wheel: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    assert not [name for name in wheel if name.startswith(("bench/", "scripts/", "tests/"))]
