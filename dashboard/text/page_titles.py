"""What the pages are called on screen."""

from __future__ import annotations

from dashboard.pages import CLASS, DARK_KNOWLEDGE, REFERENCE, RUNS, SOFT_TARGETS, SWEEP, TRAIN
from dashboard.text.translation import _


def page_titles() -> dict[str, str]:
    """The pages' titles in the reader's language, by their paths, in the bar's order."""
    return {
        SOFT_TARGETS: _("Soft targets"),
        TRAIN: _("Train"),
        DARK_KNOWLEDGE: _("Dark knowledge"),
        SWEEP: _("Sweep"),
        RUNS: _("Runs"),
        REFERENCE: _("Reference"),
        CLASS: _("Classroom"),
    }
