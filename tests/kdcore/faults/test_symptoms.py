"""Each fault shows as its card says: measured in runs of a second on digits, beside a sound one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from kdcore.faults.registry import faults
from tests.kdcore.faults.faulty_runs import SHORT, Measured, events_of
from tests.kdcore.faults.suited import suited


@cache
def run(name: str, fault: str = "", **changes: float | str) -> Measured:
    """A run that suits the fault of that name, sound unless it is named again."""
    experiment = suited(name, SHORT).with_flat(fault=fault, **changes)
    return Measured(events_of(experiment, Path(mkdtemp())))


def pair(name: str, **changes: float | str) -> tuple[Measured, Measured]:
    """The sound run and the one with the fault."""
    return run(name, **changes), run(name, name, **changes)


def t_squared_left_out() -> None:
    sound, faulty = pair("t-squared-left-out", temperature=4.0)
    assert faulty.gradients("teacher")[0] == pytest.approx(sound.gradients("teacher")[0] / 16, rel=1e-3)


def stored_logits_shuffled() -> None:
    sound, faulty = pair("stored-logits-shuffled")
    assert faulty.term("soft targets")[-1] > 5 * sound.term("soft targets")[-1]
    assert faulty.student("test_errors") > 2 * faulty.twin("test_errors")


def shorter_twin() -> None:
    sound, faulty = pair("shorter-twin")
    errors = faulty.validation_errors("twin")
    later = errors[len(errors) * 2 // 3 :]  # the optimiser's momentum carries it on for some steps
    assert max(later) - min(later) <= 2
    assert faulty.gradients("labels", "twin")[-1] == 0 < sound.gradients("labels", "twin")[-1]
    assert faulty.twin("test_errors") > sound.twin("test_errors")
    assert faulty.student("test_errors") == sound.student("test_errors")


SYMPTOMS: dict[str, Callable[[], None]] = {
    test.__name__.replace("_", "-"): test
    for test in (t_squared_left_out, stored_logits_shuffled, shorter_twin)
}


def test_every_fault_has_its_symptom_measured() -> None:
    assert SYMPTOMS.keys() == faults().keys()


@pytest.mark.parametrize("name", faults())
def test_it_shows_as_its_card_says(name: str) -> None:
    SYMPTOMS[name]()
