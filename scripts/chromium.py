"""Find a Chromium for the browser tests, or get one: `python -m scripts.chromium`.

Looked for in this order: the setting STILLROOM_CHROME, an installed Chromium or Chrome, Playwright's own downloads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The shell without windows first: its pages cost a third less."""
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
MINUTES = 60.0


def find() -> str | None:
    """The path of a Chromium that starts on this machine, or None."""
    return next((path for path in candidates() if starts(path)), None)


def candidates() -> Iterator[str]:
    """Where a Chromium may be, the user's own choice first and alone."""
    if chosen := os.environ.get("STILLROOM_CHROME"):
        yield chosen
        return
    yield from filter(None, map(shutil.which, NAMES))
    yield from (path for path in APPLICATIONS if Path(path).exists())
    yield from downloaded()


def downloaded() -> Iterator[str]:
    """Playwright's own Chromium, where it was fetched before: the shell that came with it, else the whole."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        whole = Path(playwright.chromium.executable_path)
    downloads = next((folder.parent for folder in whole.parents if folder.name.startswith("chromium-")), None)
    if downloads is not None:
        yield from map(
            str, sorted(downloads.glob("chromium_headless_shell-*/*/*headless[-_]shell*"), reverse=True)
        )
    if whole.exists():
        yield str(whole)


def starts(path: str) -> bool:
    """Whether it runs here: a download without its system libraries, or a snap's stand-in, does not."""
    if os.name == "nt":  # chrome.exe --version opens a window there
        return Path(path).exists()
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def get() -> str | None:
    """The path of a Chromium, fetched where there is none, or None where that fails too."""
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        ways.append(
            [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]]
        )
    found = find()
    while not found and ways and not os.environ.get("STILLROOM_CHROME"):
        all(succeeds(command) for command in ways.pop(0))
        found = find()
    return found


def succeeds(command: list[str]) -> bool:
    """Run a command that is shown to the user; it may take ten minutes."""
    print("+", *command, file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=environment, timeout=10 * MINUTES).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False


if __name__ == "__main__":
    print(get() or "There is no Chromium here and none could be installed: the browser tests will not run.")
