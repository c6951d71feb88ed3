"""Riddles: a fault, or none, behind a seed. Only the seed is stored; which fault it is takes a secret of this installation.

Promised against whoever sees pages, links, exports, records of runs or the whole database: none of these holds the answer, and
without the secret it cannot be computed from the seed. Not promised against whoever may read the runs folder's files or the
server's memory, nor against thinking: how a run behaves is what the riddle asks about.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kdcore.errors import OutOfResources
from kdcore.experiment import Experiment
from kdcore.faults.badge import RIDDLE
from kdcore.faults.contract import Fault

SECRET = "riddle-secret"
"""Its file in the runs folder, which only its owner may read."""
BYTES = 32
SOUND_SHARE = 1 / 6
"""The share of riddles that hide nothing."""


def riddle(seed: int) -> Experiment:
    """The run in which the riddle of this seed is put: digits, some seconds, and settings with which most faults are possible."""
    return Experiment.from_flat(
        {
            "count": 300,
            "epochs": 20,
            "batch_size": 50,
            "learning_rate": 0.01,
            "shift": 1,
            "keep": "best",
            "fault": f"{RIDDLE}{seed}",
        }
    )


def hidden(seed: int, possible: Sequence[Fault], runs_folder: Path) -> Fault | None:
    """What the riddle of this seed hides here: one of the possible faults, or None.

    Every fault gets a rank from the seed and the secret, and the lowest wins: where another setting makes a fault impossible
    the riddle keeps its answer unless it was that one.

    Raises:
        OutOfResources: the secret can be neither read nor written.
    """
    secret = _secret(runs_folder)
    if not possible or _rank(secret, seed, "") < SOUND_SHARE:
        return None
    return min(possible, key=lambda fault: _rank(secret, seed, fault.CARD.name))


def _rank(secret: bytes, seed: int, name: str) -> float:
    """A number from 0 to 1 that nobody can compute without the secret."""
    digest = hmac.new(secret, f"{seed}/{name}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _secret(runs_folder: Path) -> bytes:
    path = runs_folder / SECRET
    try:
        runs_folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_bytes(BYTES))
        return path.read_bytes()
    except OSError as error:
        raise OutOfResources(
            f"{path} cannot be used ({error.strerror}): a riddle needs it. Give the runs folder back its permissions."
        ) from error


def _write_once(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; one that another process wrote meanwhile stays."""
    own = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
