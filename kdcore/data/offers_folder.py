"""Where uploads wait beside the datasets until somebody takes them, and what their folders are called."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import unicodedata
from pathlib import Path

APART = ".uploaded"
"""The folder in the data folder for what does not count yet, and for the cards of what does."""
OFFERED = ".offered"
FORGOTTEN_SECONDS = 3600.0
"""So long after it came an upload may still be taken."""
LONGEST_NAME = 40


def withdraw_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; one that is not there is no matter."""
    shutil.rmtree(folder, ignore_errors=True)


def forget_offers(data_folder: Path, now: float | None = None) -> None:
    """Remove what was handed in, and not taken for an hour."""
    now = time.time() if now is None else now
    for folder in (data_folder / APART / OFFERED).glob("*/"):
        with contextlib.suppress(OSError):
            if now - folder.stat().st_mtime > FORGOTTEN_SECONDS:
                withdraw_folder(folder)


def folder_name(title: str) -> str:
    """A folder's name that says what somebody called it: letters and digits of ASCII, `pictures` where there are none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].strip("-")
    return name or "pictures"
