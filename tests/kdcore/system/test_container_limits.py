"""A container's quota of cores and memory counts, by cgroups 2 and by cgroups 1."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from kdcore.system import container_limits, memory, threads

VERSION_2 = {"cpu.max": "100000 100000\n", "memory.max": f"{2 * 2**30}\n"}
VERSION_1 = {
    "cpu/cpu.cfs_quota_us": "100000\n",
    "cpu/cpu.cfs_period_us": "100000\n",
    "memory/memory.limit_in_bytes": f"{2 * 2**30}\n",
}
JOINT_1 = {name.replace("cpu/", "cpu,cpuacct/"): text for name, text in VERSION_1.items()}
UNLIMITED_2 = {"cpu.max": "max 100000\n", "memory.max": "max\n"}
UNLIMITED_1 = {
    "cpu/cpu.cfs_quota_us": "-1\n",
    "cpu/cpu.cfs_period_us": "100000\n",
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
}


@pytest.fixture
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(container_limits, "CGROUPS", tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return tmp_path


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("files", [VERSION_2, VERSION_1, JOINT_1], ids=["cgroups 2", "cgroups 1", "joint"])
def test_a_container_of_one_core_and_two_gigabytes_is_taken_for_that(
    files: dict[str, str], cgroups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda pid: set(range(64)))
    lay(cgroups, files)
    assert threads.cores() == 1
    assert memory.process_memory() == min(2 * 2**30, psutil.virtual_memory().total)
    assert threads.thread_count(0, 10**9) == 1, "a large network takes all cores that it may"


@pytest.mark.parametrize("files", [UNLIMITED_2, UNLIMITED_1, {}], ids=["cgroups 2", "cgroups 1", "none"])
def test_without_a_limit_the_machine_counts(files: dict[str, str], cgroups: Path) -> None:
    lay(cgroups, files)
    assert container_limits.core_limit() is None
    assert memory.process_memory() == psutil.virtual_memory().total


def test_a_part_of_a_core_counts_as_one(cgroups: Path) -> None:
    lay(cgroups, {"cpu.max": "150000 100000"})
    assert container_limits.core_limit() == 2
    lay(cgroups, {"cpu.max": "20000 100000"})
    assert container_limits.core_limit() == 1
    lay(cgroups, {"cpu.max": "what else"})
    assert container_limits.core_limit() is None
