"""A file is replaced whole or not at all, and nothing is left behind where writing it fails."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from kdcore import atomic_files
from kdcore.atomic_files import atomic_file, move_into_place, write_atomically

KILLED_BEFORE_THE_RENAME = """
import os, sys
from pathlib import Path
from kdcore.atomic_files import write_atomically

os.replace = lambda *_: os._exit(9)
write_atomically(Path(sys.argv[1]), b"new")
"""


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fail(call: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, call, failing)


def test_it_makes_folders_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "a.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert content(path.parent) == {"a.json": b"new"}
    usual = tmp_path / "usual"
    usual.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_a_process_killed_between_writing_and_renaming_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_THE_RENAME, str(path)], check=False)
    assert killed.returncode == 9
    assert path.read_bytes() == b"old"
    (part,) = tmp_path.glob(f"*{atomic_files.PART}")
    assert part.read_bytes() == b"new"
    write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_keeps_the_old_file_and_removes_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException
) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    fail(call, error, monkeypatch)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert content(tmp_path) == {"a.json": b"old"}


def test_an_error_of_the_writer_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    write_atomically(path, b"old")
    with pytest.raises(RuntimeError, match="stopped"), atomic_file(path) as file:
        file.write(b"half of the n")
        raise RuntimeError("stopped")
    assert content(tmp_path) == {"a.npy": b"old"}


def test_content_reaches_the_disk_before_the_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    replace, fsync = os.replace, os.fsync

    def synced(descriptor: int) -> None:
        calls.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def replaced(source: Path, path: Path) -> None:
        calls.append("rename")
        replace(source, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    whole = ["sync file", "rename", "sync folder"]
    write_atomically(tmp_path / "a", b"durable")
    assert calls == whole
    calls.clear()
    move_into_place(tmp_path / "a", tmp_path / "deep" / "b")
    assert calls == whole
    assert (tmp_path / "deep" / "b").read_bytes() == b"durable"
    calls.clear()
    write_atomically(tmp_path / "c", b"soon worthless", durable=False)
    assert calls == ["rename"]


@pytest.mark.parametrize(("number", "written"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_that_cannot_synchronise_folders_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, written: bool
) -> None:
    fsync = os.fsync

    def of_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files)
    if written:
        write_atomically(tmp_path / "a", b"new")
    else:
        with pytest.raises(OSError, match="Input/output"):
            write_atomically(tmp_path / "a", b"new")
    assert content(tmp_path) == {"a": b"new"}


def test_threads_that_write_one_file_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [Thread(target=write_atomically, args=[path, one]) for one in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(tmp_path).keys() == {"a"}
    assert path.read_bytes() in contents
