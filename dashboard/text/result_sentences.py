"""What a run's results show, in the reader's language: the library's sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.text.translation import _, ngettext
from kdcore.studies import run_conclusion, run_explanation
from kdcore.studies.run_explanation import TrainingFacts

Results = Mapping[str, Any]


def errors(count: int) -> str:
    """A counted word: 1 error, 25 errors."""
    return run_conclusion.errors(count, ngettext)


def why_so(facts: TrainingFacts, results: Results, *, soft: bool) -> str:
    """Why a run came out as it did, as far as its record shows; empty where that says nothing."""
    because = run_explanation.explanation(facts, results, soft=soft, say=_)
    return _("Why, as far as this run shows: {because}").format(because=because) if because else ""


def what_this_shows(
    results: Results, *, uncalibrated: str = "", changed: bool = False, stopped: bool = False
) -> tuple[str, str] | None:
    """What the test figures of one run show: the verdict, and the figures behind it. None where student or twin was not tested."""
    return run_conclusion.conclusion(
        results, uncalibrated=uncalibrated, changed=changed, stopped=stopped, say=_, count=ngettext
    )
