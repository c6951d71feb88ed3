"""A page to hand out: the soft targets and the run's training in one HTML file that needs no server.

The app's package makes it, of its own components; this library knows no screen and starts it as a process.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kdcore.errors import RunRefused
from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_curves, refusal_without_networks
from kdcore.system.module_process import run_module
from kdcore.texts import N_

FORMAT = ExportFormat("page", N_("Page"), N_("Report"), "page.html", "text/html", slow=True)
MAKER = "dashboard.handout"
REFUSED = 2
"""With this exit code its last line is a sentence for the user."""
PATIENCE = 240.0
"""Seconds after which the process is killed."""


def refusal(record: RecordedRun) -> str:
    """A run needs curves, and tested networks whose soft targets are shown."""
    return refusal_without_networks(record) or refusal_without_curves(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """The page.

    Raises:
        RunRefused: there is no such figure, the page would be too large, or the app is not installed.
    """
    from kdcore.data import catalogue

    record = records[0]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "page.html"
        settings = {
            "STILLROOM_RUNS": str(record.folder.absolute()),
            "STILLROOM_DATA": str(catalogue.data_folder().absolute()),
        }
        chosen = [f"--figure={options.figure}", f"--language={options.language}"]
        try:
            process = run_module(
                MAKER, [record.run.id, "--out", str(out), *chosen], settings=settings, patience=PATIENCE
            )
        except subprocess.TimeoutExpired as error:
            raise RunRefused(
                "Making the page took too long. Try again when less is training here."
            ) from error
        if process.returncode or not out.is_file():
            raise RunRefused(_reason(process.returncode, process.stderr))
        return {"page.html": out.read_bytes()}


def _reason(code: int, errors: str) -> str:
    """The sentence that the process said, that there is no such program here, or that it failed."""
    if f"No module named {MAKER.split('.')[0]}" in errors or "No module named 'streamlit'" in errors:
        return N_("A page is made of the app's components, and the app is not installed here.")
    last = (errors.strip().splitlines() or ["it said nothing"])[-1]
    return last if code == REFUSED else N_(f"The page could not be made: {last}.")
