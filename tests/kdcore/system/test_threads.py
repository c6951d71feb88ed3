"""How many threads a network gets."""

from __future__ import annotations

import pytest

from kdcore.system import device
from kdcore.system import threads as threads_module

SMALL, LARGE = device.LARGE_NETWORK_MACS - 1, device.LARGE_NETWORK_MACS


@pytest.mark.parametrize(
    ("wanted", "macs", "threads"), [(0, SMALL, 1), (0, LARGE, 6), (4, SMALL, 4), (9, LARGE, 6)]
)
def test_a_small_network_takes_one_thread_a_large_one_all(wanted: int, macs: int, threads: int) -> None:
    assert threads_module.thread_count(wanted, macs, there=6) == threads


def test_a_process_takes_no_more_cores_than_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    there = threads_module.cores()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert (
        threads_module.cores()
        == threads_module.thread_count(0, LARGE)
        == threads_module.thread_count(8, SMALL)
        == 1
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "100000")
    assert threads_module.cores() == there
    monkeypatch.setenv("OMP_NUM_THREADS", "4,3,2")  # a list, one a level of nesting: the system's count holds
    assert threads_module.cores() == there
