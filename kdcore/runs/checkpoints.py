"""Tensors on the disk: a run's checkpoints, and the weights it ends with.

A checkpoint is `<number>.safetensors` and `<number>.json`, each written whole under another name first. The JSON comes
last, so where it stands its tensors are whole. It names the seq of the newest row that was stored by then: a run that
goes on from here drops the rows after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kdcore.atomic_files import PART, write_atomically
from kdcore.errors import OutOfResources
from kdcore.events import Checkpoint, Trained
from kdcore.texts import N_

KEPT_CHECKPOINTS = 2


class StoredCheckpoint(NamedTuple):
    """A checkpoint, and the newest row of its time."""

    checkpoint: Checkpoint
    seq: int


def write(folder: Path, checkpoint: Checkpoint, seq: int) -> None:
    """Keep a checkpoint of the run whose folder this is, and forget all but the two newest.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    place = folder / "checkpoints"
    number = _numbers(place)[-1] + 1 if _numbers(place) else 1
    values = {
        "phase": checkpoint.phase,
        "step": checkpoint.step,
        "seq": seq,
        "values": dict(checkpoint.values),
    }
    try:
        _remove_parts(place)
        write_atomically(place / f"{number:06}.safetensors", _bytes(checkpoint.tensors))
        write_atomically(place / f"{number:06}.json", json.dumps(values).encode())
        _forget(place, _numbers(place)[:-KEPT_CHECKPOINTS])
    except OSError as error:
        raise unwritable(folder, error) from error


def newest(folder: Path) -> StoredCheckpoint | None:
    """The run's newest checkpoint that is whole, or None."""
    place = folder / "checkpoints"
    numbers = _numbers(place)
    if not numbers:
        return None
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    for number in reversed(numbers):
        try:
            values = json.loads((place / f"{number:06}.json").read_bytes())
            tensors = load_file(place / f"{number:06}.safetensors")
            checkpoint = Checkpoint(values["phase"], values["step"], tensors, values["values"])
            return StoredCheckpoint(checkpoint, values["seq"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            continue
    return None


def clear(folder: Path) -> None:
    """Forget the run's checkpoints: it has ended for good."""
    place = folder / "checkpoints"
    _forget(place, _numbers(place))
    _remove_parts(place)


def keep_weights(folder: Path, trained: Trained) -> None:
    """Write a network's final weights as `<role>.safetensors` into the run's folder.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    try:
        write_atomically(
            folder / f"{trained.role}.safetensors", _bytes(trained.tensors, {"network": trained.network})
        )
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> OutOfResources:
    """What a failed write means for the user."""
    return OutOfResources(
        N_(
            f"The runs folder cannot be written ({error.strerror}). "
            "Free some space or make it writable, then resume the run or start it again."
        ),
        where=folder,
    )


def _numbers(place: Path) -> list[int]:
    return sorted(int(path.stem) for path in place.glob("[0-9]*.json"))


def _forget(place: Path, numbers: list[int]) -> None:
    for number in numbers:
        # The JSON first: tensors without it are no checkpoint.
        for ending in ("json", "safetensors"):
            (place / f"{number:06}.{ending}").unlink(missing_ok=True)


def _remove_parts(place: Path) -> None:
    """What a worker that was killed had begun to write: a run has one worker at a time."""
    for part in place.glob(f"*{PART}"):
        part.unlink(missing_ok=True)


def _bytes(tensors: Mapping[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    from safetensors.torch import save

    return save({name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}, metadata)
