"""The data folder, for commands whose help must not wait for numpy."""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """Where datasets are: as the catalogue says."""
    # Imported late: the catalogue imports numpy and Pillow.
    from kdcore.data import catalogue

    return catalogue.data_folder()
