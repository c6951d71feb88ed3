"""A checkpoint is whole or it is not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from kdcore.errors import OutOfResources
from kdcore.events import Checkpoint, Trained
from kdcore.runs import checkpoints


def at(step: int) -> Checkpoint:
    return Checkpoint("students", step, {"x": torch.full((3, 2), float(step))}, {"temperature": 4.0})


def test_the_newest_comes_back_bit_by_bit(tmp_path: Path) -> None:
    tensors = {
        "view": torch.randn(4, 6)[:, ::2],
        "scalar": torch.tensor(3.0),
        "count": torch.arange(5),
        "mask": torch.tensor([True, False]),
        "half": torch.randn(3).bfloat16(),
    }
    shared = torch.randn(6)
    tensors |= {"first": shared[:3], "whole": shared}
    checkpoints.write(tmp_path, at(1), 10)
    checkpoints.write(tmp_path, Checkpoint("teacher", 2, tensors, {"best": [[1, "a", 0.1]], "n": None}), 20)
    kept = checkpoints.newest(tmp_path)
    assert kept is not None
    assert (kept.seq, kept.checkpoint.phase, kept.checkpoint.step) == (20, "teacher", 2)
    assert kept.checkpoint.values == {"best": [[1, "a", 0.1]], "n": None}
    assert set(kept.checkpoint.tensors) == set(tensors)
    for name, tensor in tensors.items():
        assert kept.checkpoint.tensors[name].dtype == tensor.dtype
        assert torch.equal(kept.checkpoint.tensors[name], tensor)


def test_two_are_kept(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path) is None
    for step in range(1, 6):
        checkpoints.write(tmp_path, at(step), step)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 4
    checkpoints.clear(tmp_path)
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize(
    "what", ["tensors cut short", "JSON cut short", "tensors gone", "JSON not yet written"]
)
def test_a_half_written_one_falls_back_to_the_one_before(tmp_path: Path, what: str) -> None:
    checkpoints.write(tmp_path, at(1), 1)
    checkpoints.write(tmp_path, at(2), 2)
    tensors, values = (tmp_path / "checkpoints" / f"000002.{e}" for e in ("safetensors", "json"))
    match what:
        case "tensors cut short":
            tensors.write_bytes(tensors.read_bytes()[:-5])
        case "JSON cut short":
            values.write_bytes(values.read_bytes()[:-5])
        case "tensors gone":
            tensors.unlink()
        case "JSON not yet written":
            values.unlink()
    kept = checkpoints.newest(tmp_path)
    assert kept is not None
    assert (kept.checkpoint.step, kept.seq) == (1, 1)
    checkpoints.write(tmp_path, at(3), 3)
    assert checkpoints.newest(tmp_path).checkpoint.step == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("crash_at", range(1, 9))
def test_a_crash_between_any_two_steps_of_writing_leaves_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    """The process dies right before its n-th call that touches the disk."""
    checkpoints.write(tmp_path, at(1), 1)
    checkpoints.write(tmp_path, at(2), 2)
    calls = 0

    class Crash(BaseException):
        pass

    def crashing(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == crash_at:
                raise Crash
            return real(*arguments)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "replace", "unlink"):
        crashing(name)
    with pytest.raises(Crash):
        checkpoints.write(tmp_path, at(3), 3)
    monkeypatch.undo()
    kept = checkpoints.newest(tmp_path)
    assert kept is not None
    assert kept.checkpoint.step in (2, 3)
    assert torch.equal(kept.checkpoint.tensors["x"], torch.full((3, 2), float(kept.checkpoint.step)))
    assert kept.seq == kept.checkpoint.step
    checkpoints.write(tmp_path, at(4), 4)
    assert checkpoints.newest(tmp_path).seq == 4  # type: ignore[union-attr]


def test_final_weights_stand_beside_the_record(tmp_path: Path) -> None:
    from safetensors import safe_open

    checkpoints.keep_weights(tmp_path / "run", Trained("twin", "mlp-30", {"x": torch.arange(3.0)}))
    with safe_open(tmp_path / "run" / "twin.safetensors", "pt") as file:
        assert file.metadata() == {"network": "mlp-30"}
        assert torch.equal(file.get_tensor("x"), torch.arange(3.0))


def test_a_full_disk_is_a_sentence_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.write(tmp_path, at(1), 1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutOfResources, match="No space left on device"):
        checkpoints.write(tmp_path, at(2), 2)
    with pytest.raises(OutOfResources, match="No space left on device"):
        checkpoints.keep_weights(tmp_path, Trained("twin", "mlp-30", {}))
    assert checkpoints.newest(tmp_path).checkpoint.step == 1  # type: ignore[union-attr]
    assert not (tmp_path / "twin.safetensors").exists()


def test_what_a_killed_worker_had_begun_to_write_is_removed(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, at(1), 1)
    left = tmp_path / "checkpoints" / "000002.safetensors.7-ab.part"
    left.write_bytes(b"half")
    checkpoints.write(tmp_path, at(2), 2)
    assert not left.exists()
    left.write_bytes(b"half")
    checkpoints.clear(tmp_path)
    assert list((tmp_path / "checkpoints").iterdir()) == []
