"""The wheel, built from a copy of the checkout and installed into an environment of its own that borrows the packages it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kdcore", "dashboard")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
WATCH = """
import os, sys

CALLS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

def note(kind, what):
    with open(os.environ["WATCHED"], "a") as file:
        file.write(f"{kind} {what!r}\\n")

def watch(event, arguments):
    if event in CALLS:
        note("call", arguments[1] if event == "socket.connect" else arguments[0])
    elif event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)) and arguments[2] & WRITES:
        path = os.fsdecode(arguments[0])
        if path != os.environ["WATCHED"]:
            note("write", os.path.abspath(path))
    elif event in ("os.mkdir", "sqlite3.connect"):
        note("write", os.path.abspath(os.fsdecode(arguments[0])))

if "WATCHED" in os.environ:
    sys.addaudithook(watch)
"""
"""Read at the start of every process of the environment: notes whom it calls and what it writes."""
HERE = ("call ('127.", "call 'localhost'", "call ('::1'", "call '/", "call None", "call '127.", "call '::1'")
DEVICES = ("write '/dev/", "write '/proc/")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel: its Python, its programs, an empty folder to work in, and the home of its user."""

    bin: Path
    working: Path
    home: Path
    notes: Path

    @property
    def data(self) -> Path:
        """Where the platform keeps a user's data."""
        return self.home / ".local" / "share" / "stillroom"

    def environment(self, **settings: str) -> dict[str, str]:
        """What its processes are started with: nothing of this checkout."""
        temporary = self.home.parent / "temporary"
        temporary.mkdir(exist_ok=True)
        left_out = (
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "TORCHINDUCTOR_",
            "STILLROOM_",
            "XDG_",
            "PYTEST_",
            "NUMBA_",
            "COV",
        )
        own = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        watched = {"HOME": str(self.home), "TMPDIR": str(temporary), "WATCHED": str(self.notes)}
        return own | watched | {"OMP_NUM_THREADS": "1"} | settings

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment to its end, in the empty folder."""
        return subprocess.run(
            [str(self.bin / words[0]), *words[1:]],
            cwd=self.working,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def calls_outside(self) -> list[str]:
        """Whom its processes called that is not this machine."""
        return [one for one in self._noted("call") if not one.startswith(HERE)]

    def written_outside(self, *folders: Path) -> list[str]:
        """What its processes wrote beside these folders."""
        above = {f"write {str(one)!r}" for folder in folders for one in folder.parents}
        inside = tuple(f"write {str(folder)!r}"[:-1] for folder in folders)
        noted = {one for one in self._noted("write") if not one.startswith((*inside, *DEVICES))}
        return sorted(noted - above)

    def _noted(self, kind: str) -> list[str]:
        return [one for one in self.notes.read_text().splitlines() if one.startswith(kind)]


def build_wheel(checkout: Path, out: Path) -> Path:
    """Build the wheel from a copy, so that nothing is left in the checkout."""
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for folder in (*PACKAGES, "assets", "bench", "scripts"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", BUILD, out], cwd=checkout, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def install(wheel: Path, folder: Path) -> Installed:
    """Install the wheel without what it needs, which is borrowed from the environment of the tests."""
    environment, working, home = folder / "environment", folder / "empty", folder / "home"
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    quiet = ["--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*words, "install", *quiet], check=True, capture_output=True)
    found = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    packages = Path(found.stdout.strip())
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (packages / "noted_by_tests.py").write_text(WATCH)
    (packages / "watched.pth").write_text("import noted_by_tests\n")
    for one in (working, home):
        one.mkdir()
    return Installed(python.parent, working, home, folder / "notes.txt")
