"""Whether torch and torchvision here fit each other, told in one sentence before anything imports them.

A CPU-only torch under a torchvision from another index installs without complaint and fails at import with
"operator torchvision::nms does not exist". The check reads metadata only: milliseconds, where torch takes seconds.
"""

from __future__ import annotations

import importlib
import re
import sys
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

from kdcore.errors import BrokenInstallation
from kdcore.texts import N_

OLDEST_TORCH = Version("2.11")
REMEDY = N_(
    "Install the two together, from the same index: "
    "`.venv/bin/python -m pip install --force-reinstall -r requirements.txt`."
)


def check_pair() -> None:
    """Compare the installed torch and torchvision, without importing them.

    Raises:
        BrokenInstallation: one is missing, torch is too old, or the two are not a pair.
    """
    torch, torchvision = _installed("torch"), _installed("torchvision")
    if Version(torch.base_version) < OLDEST_TORCH:
        raise BrokenInstallation(
            f"torch {torch} is too old: Stillroom needs {OLDEST_TORCH} or newer. {REMEDY}"
        )
    if not _wanted_by_torchvision(torch) or _of_other_indexes(torch, torchvision):
        raise BrokenInstallation(f"torch {torch} and torchvision {torchvision} are not a pair. {REMEDY}")


def import_pair() -> Any:
    """The module torchvision, imported: the metadata cannot tell every torch that does not fit it.

    Raises:
        BrokenInstallation: torchvision's operators do not load under this torch.
    """
    try:
        return importlib.import_module("torchvision")
    except (RuntimeError, ImportError, OSError) as error:
        raise BrokenInstallation(f"torchvision does not load under this torch ({error}). {REMEDY}") from error


def _installed(package: str) -> Version:
    try:
        return Version(metadata.version(package))
    except metadata.PackageNotFoundError:
        raise BrokenInstallation(f"{package} is not installed in {sys.prefix}. {REMEDY}") from None


def _wanted_by_torchvision(torch: Version) -> bool:
    requirements = map(Requirement, metadata.requires("torchvision") or ())
    wanted = [r.specifier for r in requirements if r.name == "torch" and r.marker is None]
    return all(s.contains(torch, prereleases=True) or s.contains(torch.base_version) for s in wanted)


def _of_other_indexes(torch: Version, torchvision: Version) -> bool:
    """Whether the tags name two builds. Untagged wheels are CUDA builds on Linux, CPU builds elsewhere."""
    plain = "" if sys.platform == "linux" else "cpu"
    first, second = (_build(version) or plain for version in (torch, torchvision))
    return first != second and ("cpu" in (first, second) or "" not in (first, second))


def _build(version: Version) -> str | None:
    """The index's tag (`cpu`, `cu132`), or None: a vendor's own hash says nothing of the index."""
    tag = version.local or ""
    return tag if re.fullmatch(r"cpu|xpu|cu\d+|rocm[\d.]+", tag) else None
