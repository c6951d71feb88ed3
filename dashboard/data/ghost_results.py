"""An earlier result that stands faintly behind a run's curve: a shared run, the last one, or what was measured of a preset.

Every ghost names its source, and none shows a number that was not recorded or measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.data import fault_cards, run_curves, run_manager
from dashboard.text.numbers import grouped, percent
from dashboard.text.roles import STUDENT, TWIN
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import left_out, number
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.studies.measured_presets import measured_errors
from kdcore.studies.presets import PRESETS

if TYPE_CHECKING:
    from dashboard.data.screen import Screen
    from kdcore.runs.run_record import Run

MAX_PINNED = 6
"""Images that a run follows, at most; `kdcore.pipelines.students` chooses them, and imports torch."""
Places = list[tuple[float, float]]


@dataclass(frozen=True)
class Ghost:
    """Shares of wrong answers against epoch, by role, and the sentence that says what they are."""

    lines: Mapping[str, Places]
    source: str


def ghost_behind(run: Run) -> Ghost | None:
    """The ghost behind a run: the run that the address names for it."""
    other = _named_run()
    if other is None or other.id == run.id or not _comparable(other.experiment, run.experiment):
        return None
    return _of_run(other)


def ghost_before(draft: Experiment) -> Ghost | None:
    """The ghost in the empty chart: the run that the address names, else the finished run of this recipe, else its preset's figures."""
    named = _named_run()
    if named is not None and _comparable(named.experiment, draft) and (ghost := _of_run(named)):
        return ghost
    finished = run_manager.manager().finished_twin_of(draft)
    if finished is not None and (ghost := _of_run(finished)):
        return ghost
    return _of_preset(draft)


def left_behind(screen: Screen) -> str | None:
    """The run that stays as a ghost when another one begins: the one on screen, where its images are the same and it has ended."""
    run = screen.run
    if run is None or run.live or run.status == "queued" or not _comparable(run.experiment, screen.draft):
        return None
    return run.id


def refused_parameters() -> list[str]:
    """A sentence for each parameter of one run's link that cannot be taken."""
    problems: list[str] = []
    number(Param.STEP, 0, 0, 10**12 - 1, problems)
    number(Param.IMAGE, 0, 0, MAX_PINNED - 1, problems)
    if Param.GHOST in st.query_params and _named_run() is None:
        problems.append(left_out(Param.GHOST, _("there is no such run."), _("no earlier run")))
    return problems


def _named_run() -> Run | None:
    name = st.query_params.get(Param.GHOST)
    if name is None:
        return None
    try:
        return run_manager.manager().run(name)
    except RunRefused:
        return None


def _comparable(one: Experiment, other: Experiment) -> bool:
    """Whether both are validated on the same images and have the same fault on purpose, or none."""
    fields = ("dataset", "image_size", "split_seed", "fault")
    return all(one.value(name) == other.value(name) for name in fields)


def _of_run(run: Run) -> Ghost | None:
    errors = run_curves.errors(run)
    lines = {STUDENT.name: errors.student.pairs, TWIN.name: errors.twin.pairs}
    if not errors.student.values or not errors.twin.values:
        return None
    ends = {
        "student": percent(errors.student.values[-1], 0),
        "twin": percent(errors.twin.values[-1], 0),
        "seed": run.experiment.init_seed,
    }
    if run.live:
        said = _("Faint: another run of {networks}, seed {seed}, which is still training; on validation its student is wrong on {student}, its twin on {twin}.")  # fmt: skip
    else:
        said = _("Faint: an earlier run of {networks}, seed {seed}; on validation its student ended at {student} wrong, its twin at {twin}.")  # fmt: skip
    networks = _("{student} at T = {T}").format(
        student=run.experiment.student, T=f"{run.experiment.temperature:g}"
    )
    marked = fault_cards.badge(run.experiment.fault)
    named = _("{text} ({more})").format(text=networks, more=marked) if marked else networks
    return Ghost(lines, said.format(networks=named, **ends))


def _of_preset(draft: Experiment) -> Ghost | None:
    chosen = next((one for one in PRESETS if one.experiment == draft), None)
    measured = measured_errors().get(chosen.name) if chosen else None
    if measured is None:
        return None
    end = float(draft.recipe.epochs)
    shares = {STUDENT.name: measured.student_share, TWIN.name: measured.twin_share}
    source = _("Faint: measured before with {n} seeds, on {images} test images (these runs are validated on others): the student wrong on {student}, its twin on {twin}, on average.").format(
        n=len(measured.student), images=grouped(measured.images),
        student=percent(measured.student_share, measured.images), twin=percent(measured.twin_share, measured.images),
    )  # fmt: skip
    return Ghost({name: [(0.0, share), (end, share)] for name, share in shares.items()}, source)
