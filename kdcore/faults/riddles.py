"""Riddles: a fault, or none, behind a seed. Only the seed is stored; which fault it is takes a secret of this installation.

Promised against whoever sees pages, links, exports, records of runs or the whole database: none of these holds the answer, and
without the secret it cannot be computed from the seed. Not promised against whoever may read the runs folder's files or the
server's memory, nor against thinking: how a run behaves is what the riddle asks about.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.faults.badge import RIDDLE
from kdcore.faults.contract import Fault
from kdcore.system.folder_secret import folder_secret

SECRET = "riddle-secret"
"""Its file in the runs folder, which only its owner may read."""
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
    secret = folder_secret(runs_folder, SECRET, "a riddle needs it")
    if not possible or _rank(secret, seed, "") < SOUND_SHARE:
        return None
    return min(possible, key=lambda fault: _rank(secret, seed, fault.CARD.name))


def _rank(secret: bytes, seed: int, name: str) -> float:
    """A number from 0 to 1 that nobody can compute without the secret."""
    digest = hmac.new(secret, f"{seed}/{name}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
