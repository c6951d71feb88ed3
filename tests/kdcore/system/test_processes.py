"""A process is recognised by its id and its start, and never one of another host or of an older record."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from kdcore.system.processes import Process

ME = Process.me()


def test_it_is_read_as_it_was_written() -> None:
    assert Process.read(str(ME)) == ME == Process.me()
    assert ME.alive


@pytest.mark.parametrize(
    "other",
    [
        replace(ME, host="elsewhere"),
        replace(ME, started=str(float(ME.started) - 60)),
        Process.of(2**22 + 1),
        Process.read(f"{ME.host}|{ME.pid}|1a2b3c4d-498076"),
        Process.read(f"{ME.host}|{ME.pid}|Sat Nov 28 23:28:39 2026"),
        Process.read(f"{ME.host}|{ME.pid}|134092937197600000"),
        Process.read(f"{ME.host}|{ME.pid}|"),
    ],
    ids=[
        "another host",
        "another start",
        "no such process",
        "an old record of Linux",
        "of macOS",
        "of Windows",
        "gone when it was noted",
    ],
)
def test_another_process_is_not_taken_for_it(other: Process) -> None:
    assert not other.alive
    assert not other.same_as(ME)
    assert not ME.same_as(other)


def test_a_start_that_is_rounded_another_way_is_the_same() -> None:
    seen_later = replace(ME, started=f"{float(ME.started) + 1:.2f}")
    assert seen_later.same_as(ME)
    assert seen_later.alive


def test_one_that_has_ended_is_dead_also_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    seen = Process.of(child.pid)
    assert seen.alive
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert not seen.alive
    child.wait()
    assert not seen.alive


def test_a_process_says_the_same_of_itself_whatever_the_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: 1.0)
    assert Process.me() == ME
