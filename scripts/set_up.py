"""Make `.venv` and install what is pinned: `python3 scripts/set_up.py run` (the program) or `dev` (the tests too).

A stamp in `.venv` carries the hash of the pins, so that a second call answers at once. This file runs before anything
is installed, under whatever python3 there is: it uses the standard library and the syntax of Python 3.6 only.
Two calls at once, such as `make run` beside `make test`, wait for each other.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = (
    os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
)
LOCK = os.path.join(ROOT, ".set-up.lock")
PINS = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
OLDEST = (3, 11)


class SetUpFailed(Exception):
    """One sentence that says what is missing and what to do."""


def main(wanted: str) -> int:
    """Set up for `run` or `dev`; returns the exit code."""
    try:
        check_python(sys.version_info[:3])
        if not is_done(wanted):
            with alone():
                if not is_done(wanted):  # whom it waited for may have done it
                    make_venv()
                    install(wanted)
    except SetUpFailed as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def check_python(version: "tuple[int, ...]") -> None:
    """Refuse an interpreter that is too old, or that cannot make an environment."""
    advice = "or name another Python, for example `make run PYTHON=python3.12`."
    if version < OLDEST:
        found = ".".join(map(str, version))
        raise SetUpFailed(
            f"Stillroom needs Python 3.11 or newer and {sys.executable} is {found}: install one, {advice}"
        )
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetUpFailed(
            f"{sys.executable} has no venv module: install it (Debian and Ubuntu: `apt-get install python3-venv`), {advice}"
        )

    if not importlib.util.find_spec("_sqlite3"):
        raise SetUpFailed(f"{sys.executable} was built without SQLite: install another Python, {advice}")


def stamp(wanted: str) -> str:
    """The path of the stamp that names these pins."""
    digest = hashlib.sha256()
    for name in PINS[wanted]:
        with open(os.path.join(ROOT, name), "rb") as pins:
            digest.update(pins.read())
    return os.path.join(VENV, f"set-up-{wanted}-{digest.hexdigest()[:16]}")


def is_done(wanted: str) -> bool:
    """Whether these very pins are installed, and the interpreter under them still exists."""
    return os.path.exists(stamp(wanted)) and os.path.exists(PYTHON)


@contextmanager
def alone() -> "Iterator[None]":
    """Wait until nobody else sets up this checkout. The lock is SQLite's, which every system has and a dead process gives up."""
    import sqlite3  # after `check_python`, which says what to do where it is missing

    try:
        lock = sqlite3.connect(LOCK, isolation_level=None, timeout=0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            print("Another set-up is at work here; waiting for it ...", file=sys.stderr)
            lock.execute("PRAGMA busy_timeout = 3600000")  # an hour, in milliseconds
            lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise SetUpFailed(
            f"{LOCK} cannot be locked ({error}): give this user write access to {ROOT}, and try again."
        ) from error
    with closing(lock):
        yield


def make_venv() -> None:
    """Create `.venv`, again where one was left half made or has lost its interpreter."""
    if works([PYTHON, "-m", "pip", "--version"]):
        return
    print(f"Creating .venv with {sys.executable} ...", file=sys.stderr)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        raise SetUpFailed(
            f"Python could not create {VENV}: see above; free some disk, or remove that folder, and try again."
        )


def install(wanted: str) -> None:
    """Install the pins and leave the stamps that they satisfy, in place of older ones."""
    for name in os.listdir(VENV):
        if name.startswith("set-up-"):
            os.remove(os.path.join(VENV, name))
    pins = PINS[wanted][-1]
    free = shutil.disk_usage(ROOT).free / 1e9
    print(
        f"Installing {pins} into .venv, once: up to 7 GB with CUDA, {free:.0f} GB are free ...",
        file=sys.stderr,
    )
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", os.path.join(ROOT, pins)]
    if subprocess.call(pip if sys.stderr.isatty() else [*pip, "--quiet"]) != 0:
        raise SetUpFailed(
            f"pip could not install {pins}: see above; check the network and the disk, and try again."
        )
    for satisfied in PINS if wanted == "dev" else [wanted]:
        with open(stamp(satisfied), "w"):
            pass


def works(command: "list[str]") -> bool:
    """Whether a command runs and succeeds."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["dev"]):
        sys.exit("usage: set_up.py run|dev")
    sys.exit(main(sys.argv[1]))
