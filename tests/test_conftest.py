"""What the suite says of itself: a test that did not run is named at the very end, and real images are found."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from tests import real_data

ROOT = Path(__file__).resolve().parent.parent


def test_what_did_not_run_is_said_at_the_very_end(tmp_path: Path) -> None:
    test = tmp_path / "test_some.py"
    test.write_text(
        "import pytest\n"
        "def test_runs(): pass\n"
        "@pytest.mark.skip(reason='no Chromium here')\n"
        "def test_browser(): pass\n"
        "def test_fails(): assert False\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-c",
        "/dev/null",
        "--rootdir",
        tmp_path,
        test,
    ]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    start = next(i for i, line in enumerate(said) if "THESE TESTS DID NOT RUN" in line)
    assert said[start + 1] == "1 because: no Chromium here"
    assert said[start + 2].endswith("test_some.py::test_browser")
    assert set(said[start + 3]) == {"!"}
    assert "1 failed, 1 passed, 1 skipped" in said[start + 4]
    assert len(said) == start + 5


def test_real_images_are_gathered_from_folders_and_archives(tmp_path: Path) -> None:
    first, second, into, empty = (tmp_path / name for name in ("first", "second", "into", "empty"))
    for folder in (second, into, empty):
        folder.mkdir()
    (first / "MNIST/raw").mkdir(parents=True)
    (tmp_path / "cifar10-jpeg/train").mkdir(parents=True)
    with tarfile.open(second / "cifar10-jpeg.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "cifar10-jpeg", "cifar10-jpeg")

    assert real_data.gather(into, [first, second]) == []
    assert (into / "MNIST/raw").is_dir()
    assert (into / "cifar10-jpeg/train").is_dir()
    assert real_data.gather(empty, [second]) == ["MNIST"]
