"""Teachers that a browser brings along: tried and added in a process of its own, one at a time, within a time."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from dashboard.data import trained_teachers
from dashboard.data.kdcore_process import printed
from dashboard.session import browser_id
from kdcore import teachers
from kdcore.errors import RunRefused
from kdcore.pipelines import removed_teachers
from kdcore.runs.run_record import digest
from kdcore.runs.runs_folder import runs_folder
from kdcore.system.environment_number import number
from kdcore.texts import N_

PATIENCE = 300.0
"""Seconds after which a process that asks a teacher is ended."""
REMEMBERED = 64
TOO_LONG = N_("Asking this teacher took too long. A smaller network answers sooner.")
_lock = Lock()
_one_at_a_time = Lock()
_attempts: OrderedDict[str, Attempt] = OrderedDict()


@dataclass
class Attempt:
    """One that was asked for: whether it still goes on, why it failed, and what it said (`teachers try`, `teachers add`)."""

    running: bool = True
    failed: str = ""
    said: Any = None


@dataclass(frozen=True)
class TeacherFile:
    """A file that was uploaded, its kind by its ending, and what was said of it; name: what to add it as, empty to try it only.

    shared: whether everybody on this server may choose it.
    """

    content: bytes
    kind: str
    said: Mapping[str, Any]
    name: str = ""
    shared: bool = False

    @property
    def key(self) -> str:
        """Names the attempt by all that it depends on."""
        about = [hashlib.sha256(self.content).hexdigest(), self.kind, dict(self.said), self.name, self.shared]
        return digest(json.dumps([*about, browser_id()], sort_keys=True))


def most_megabytes() -> int:
    """How large a teacher's file may be on the page: what a teacher's file may have, and what a tab's uploads may take together.

    Raises:
        OutOfResources: the environment says no such number.
    """
    of_file = number("STILLROOM_BROUGHT", 400, least=1, unit="megabytes")
    return int(min(of_file, number("STILLROOM_UPLOADS", 20, least=1, unit="megabytes")))


def attempt(key: str) -> Attempt | None:
    """The attempt of this key; None where there was none, or it is forgotten."""
    with _lock:
        return _attempts.get(key)


def begin(file: TeacherFile) -> str:
    """Begin to try or to add it, unless that goes on; returns the attempt's key."""
    key = file.key
    with _lock:
        known = _attempts.get(key)
        if known is not None and (known.running or not (known.failed or file.name)):
            return key
        found = _attempts[key] = Attempt()
        while len(_attempts) > REMEMBERED:
            _attempts.popitem(last=False)
    owner = "" if file.shared else digest(browser_id())
    Thread(target=_wait_for, args=(file, owner, found), daemon=True).start()
    return key


def own_cards() -> list[teachers.TeacherCard]:
    """The teachers that this browser brought along."""
    mine = digest(browser_id())
    return [card for card in teachers.all_cards(runs_folder()) if card.owner == mine]


def removed_cards() -> list[teachers.TeacherCard]:
    """Those that it removed and can bring back."""
    return removed_teachers.removed_cards(runs_folder(), digest(browser_id()))


def remove(name: str) -> None:
    """Remove one of this browser's own; `restore` brings it back for some days.

    Raises:
        TeacherUnavailable: it is none of them.
        OutOfResources: it cannot be put aside.
    """
    removed_teachers.remove(name, runs_folder(), digest(browser_id()))
    trained_teachers.forget()


def restore(name: str) -> None:
    """Bring one of this browser's own back.

    Raises:
        TeacherUnavailable: it is gone for good, or this browser has as many as it may.
        OutOfResources: it cannot be brought back.
    """
    removed_teachers.restore(name, runs_folder(), digest(browser_id()))
    trained_teachers.forget()


def _wait_for(file: TeacherFile, owner: str, found: Attempt) -> None:
    try:
        with _one_at_a_time:
            found.said = _asked(file, owner)
    except RunRefused as error:
        found.failed = str(error)
    finally:
        trained_teachers.forget()
        found.running = False


def _asked(file: TeacherFile, owner: str) -> Any:
    """What the command says.

    Raises:
        RunRefused: why it says nothing, in its own sentence.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"teacher{file.kind}"
        path.write_bytes(file.content)
        path.with_name(f"{path.name}.json").write_text(json.dumps(dict(file.said)), encoding="utf-8")
        words = ["add", str(path), "--name", file.name, "--yes"] if file.name else ["try", str(path)]
        words += ["--owner", owner] if file.name and owner else []
        said = printed(["teachers", *words, "--json"], patience=PATIENCE, too_long=TOO_LONG)
    return json.loads(said.strip().splitlines()[-1])
