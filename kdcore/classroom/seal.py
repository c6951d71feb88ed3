"""The seal of the server that took a hand-in: whoever edits the file can make new digests, and no new seal."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from kdcore.classroom.submission import Submission
from kdcore.system.folder_secret import folder_secret

SECRET = "hand-in-secret"
"""Its file in the runs folder."""


def sealed(submission: Submission, runs_folder: Path) -> Submission:
    """The hand-in with this server's seal.

    Raises:
        OutOfResources: the secret can be neither read nor written.
    """
    return submission.model_copy(update={"seal": _seal(submission, runs_folder)})


def seal_holds(submission: Submission, runs_folder: Path) -> bool | None:
    """Whether the seal is this server's, compared in constant time; None for a hand-in without one."""
    if not submission.seal:
        return None
    return hmac.compare_digest(submission.seal, _seal(submission, runs_folder))


def _seal(submission: Submission, runs_folder: Path) -> str:
    secret = folder_secret(runs_folder, SECRET, "a hand-in is sealed with it")
    return hmac.new(secret, submission.digest.encode(), hashlib.sha256).hexdigest()
