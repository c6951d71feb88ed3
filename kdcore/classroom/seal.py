"""The seal of the server that took a hand-in: whoever edits the file can make new digests, and no new seal."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Literal

from kdcore.classroom.submission import Submission
from kdcore.system.folder_secret import folder_secret

SECRET = "hand-in-secret"
"""Its file in the runs folder."""
NAMED = 16
"""Hex digits of a seal that say whose it is."""

SealState = Literal["own", "broken", "another's", "none"]
"""`own`: this server's, and it fits. `broken`: this server's, and it does not."""


def sealed(submission: Submission, runs_folder: Path) -> Submission:
    """The hand-in with this server's seal.

    Raises:
        OutOfResources: the secret can be neither read nor written.
    """
    secret = folder_secret(runs_folder, SECRET, "a hand-in is sealed with it")
    return submission.model_copy(update={"seal": _seal(submission, secret)})


def seal_state(submission: Submission, runs_folder: Path) -> SealState:
    """Whose seal it has, and whether it fits; compared in constant time.

    Raises:
        OutOfResources: the secret cannot be read.
    """
    if not submission.seal:
        return "none"
    if not (runs_folder / SECRET).exists():
        return "another's"
    secret = folder_secret(runs_folder, SECRET, "a hand-in's seal is checked with it")
    if submission.seal[:NAMED] != _name(secret):
        return "another's"
    return "own" if hmac.compare_digest(submission.seal, _seal(submission, secret)) else "broken"


def seal_holds(submission: Submission, runs_folder: Path) -> bool:
    """Whether it has this server's seal, and it fits.

    Raises:
        OutOfResources: the secret cannot be read.
    """
    return seal_state(submission, runs_folder) == "own"


def _seal(submission: Submission, secret: bytes) -> str:
    return _name(secret) + hmac.new(secret, submission.digest.encode(), hashlib.sha256).hexdigest()


def _name(secret: bytes) -> str:
    """What names a secret and does not give it away."""
    return hashlib.sha256(b"the name of " + secret).hexdigest()[:NAMED]
