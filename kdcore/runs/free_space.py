"""Space that stays free on the disk of the runs folder: no run begins or goes on that would fill it."""

from __future__ import annotations

import shutil
from pathlib import Path

from kdcore.errors import OutOfResources
from kdcore.system.environment_number import number
from kdcore.texts import N_

GIGABYTE = 1e9
DEFAULT_FLOOR = 1.0


def floor() -> float:
    """The bytes that stay free, from STILLROOM_FREE in GB.

    Raises:
        OutOfResources: it is no such number.
    """
    return GIGABYTE * number("STILLROOM_FREE", DEFAULT_FLOOR, unit="gigabytes")


def low_space(folder: Path, least: float) -> str:
    """Why nothing more may be written on the folder's disk, in a sentence; empty while there is space."""
    free = shutil.disk_usage(folder).free
    if free >= least:
        return ""
    return N_(
        f"Only {free / GIGABYTE:.1f} GB are free on the disk of the runs, and {least / GIGABYTE:g} GB stay free (STILLROOM_FREE). "
        "Delete runs that nobody needs, or free space otherwise; then resume what waits."
    )


def refuse_low_space(folder: Path, least: float) -> None:
    """Refuse to begin a run.

    Raises:
        OutOfResources: too little space is free.
    """
    if sentence := low_space(folder, least):
        raise OutOfResources(sentence)
