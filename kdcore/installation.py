"""Where this copy of Stillroom stands, and where it keeps what: a checkout has all in one place, an installed package does not.

A checkout's assets, data and runs are folders at its top. A package's assets are inside it; data and runs are in the folder that
the platform has for a user's data, never beside the package.
"""

from __future__ import annotations

import os
from pathlib import Path

from kdcore.errors import OutOfResources

PACKAGE = Path(__file__).resolve().parent
APPLICATION = "stillroom"


def checkout() -> Path | None:
    """The top of the checkout that this code runs from; None where it is an installed package."""
    top = PACKAGE.parent
    return top if (top / "pyproject.toml").is_file() and (top / "assets").is_dir() else None


def assets_folder() -> Path:
    """The folder of bundled teachers and measured results."""
    top = checkout()
    return PACKAGE / "assets" if top is None else top / "assets"


def kept_in(variable: str, name: str) -> Path:
    """The folder that an environment variable names, else the one of this name in the checkout or among the user's data.

    Raises:
        OutOfResources: the variable names the home folder of a user whom there is not.
    """
    if named := os.environ.get(variable):
        return path_of(named, variable)
    top = checkout()
    return _user_data() / name if top is None else top / name


def compiled_folder() -> Path | None:
    """Where numba may keep what it compiled, which is beside its callers otherwise; None in a checkout, whose environment is its own."""
    return _user_data() / "compiled" if checkout() is None else None


def path_of(text: str, setting: str) -> Path:
    """A path as somebody writes it: `~` is the home folder in every setting, whatever reads it and wherever it was started.

    Raises:
        OutOfResources: it names the home folder of a user whom there is not.
    """
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise OutOfResources(
            f"{setting}={text}: there is no such home folder here. Write the folder's whole path."
        ) from error


def _user_data() -> Path:
    # Imported late: a checkout does not need it.
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False)
