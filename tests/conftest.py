"""What all tests share: waiting passively, real images where there are some, and a loud word on what did not run."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

# As the Makefile does for the program; it counts when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

from dashboard import streamlit_settings
from tests import real_data
from tests.memory_with_room import memory_with_room

streamlit_settings.apply()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' folders in memory where there is room: on a disk they mostly wait for it to confirm what nobody reads again."""
    if (
        config.option.basetemp
        or "PYTEST_XDIST_WORKER" in os.environ
        or (memory := memory_with_room()) is None
    ):
        return
    folder = tempfile.mkdtemp(prefix="stillroom-tests-", dir=memory)
    config.option.basetemp = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(scope="session")
def gathered_data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A data folder with the real images that are here, and the names of those that are not; one for all test processes."""
    whole_run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        whole_run = whole_run.parent
    folder = whole_run / "real_data"
    with FileLock(whole_run / "real_data.lock"):
        if folder.is_dir():
            return folder, real_data.missing(folder)
        gathered = tmp_path_factory.mktemp("gathered")
        missing = real_data.gather(gathered, real_data.places())
        gathered.rename(folder)
        return folder, missing


@pytest.fixture(scope="session")
def data_folder(gathered_data: tuple[Path, list[str]]) -> Path:
    """A data folder with MNIST and CIFAR-10 (JPEG); the test is skipped where one of them is missing."""
    folder, missing = gathered_data
    if missing:
        pytest.skip(f"no real images of {', '.join(missing)}: set STILLROOM_DATA to a folder that holds them")
    return folder


def pytest_collection_finish() -> None:
    """Every run of a page ends with a whole collection: let it pass over what all modules imported, as the server does."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say at the very end what did not run and why: a skipped test is no passed test."""
    yield
    by_reason: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason[reason.removeprefix("Skipped: ")].append(report.nodeid)
    if not by_reason:
        return
    terminalreporter.section("THESE TESTS DID NOT RUN", "!", red=True, bold=True)
    for reason, tests in by_reason.items():
        terminalreporter.write_line(f"{len(tests)} because: {reason}", yellow=True)
        for test in tests:
            terminalreporter.write_line(f"    {test}")
    terminalreporter.write_sep("!", red=True, bold=True)
