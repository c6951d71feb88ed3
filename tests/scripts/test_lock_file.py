"""The lock file has what requirements.txt pins, and a hash for everything."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKED = re.compile(
    r"^([\w.-]+)==([\w.]+)(?: ;[^\\\n]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def test_every_pin_is_locked_at_a_version_that_it_allows() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked: dict[str, set[str]] = {}
    for name, version, _hashes in LOCKED.findall(text):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    entries = [line for line in text.splitlines() if line and line[0] not in "# "]
    assert len(entries) == sum(map(len, locked.values())), "each has its hashes"
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            versions = locked.get(canonicalize_name(pin.name), set())
            assert versions, (
                f"{pin.name} is not locked: make requirements.lock again, as its second line says"
            )
            assert all(version in pin.specifier for version in versions), line


def test_it_names_no_index() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")
