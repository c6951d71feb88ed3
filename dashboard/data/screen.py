"""What is on screen, read from the URL: a run or none, the recipe it begins from, and the recipe as edited."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.data import class_seat, link_checks, run_curves, run_manager
from dashboard.data.method_cards import value_title
from dashboard.session import browser_id
from dashboard.text.field_labels import field_title
from dashboard.text.translation import _, listing, told
from dashboard.url.parameters import Param
from dashboard.url.permalink import read_recipe, write_recipe
from dashboard.url.query_parameters import set_parameters
from dashboard.url.stale_requests import restore_newest_link
from kdcore.classroom.locks import NO_LOCKS, Locks
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS, Preset, preset

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class Screen:
    """One reading of the URL.

    Attributes:
        owner: this browser's id.
        run: the run that is shown.
        preset: the preset that the recipe begins from, where no run is shown.
        base: what the recipe begins from, the run's or the preset's.
        draft: the recipe as edited.
        problems: a sentence for each parameter that could not be taken.
        varied: fields that a sweep varies.
        locks: what the browser's class keeps from it.
    """

    owner: str
    run: Run | None
    preset: Preset | None
    base: Experiment
    draft: Experiment
    problems: tuple[str, ...]
    varied: tuple[str, ...] = ()
    locks: Locks = NO_LOCKS

    @cached_property
    def mine(self) -> bool:
        """Whether this browser started the run that is shown."""
        return self.run is not None and run_manager.manager().may_command(self.run.id, self.owner)

    @property
    def watching(self) -> bool:
        """Whether the run that is shown is another browser's: then nothing can be changed."""
        return self.run is not None and not self.mine

    @property
    def steers(self) -> bool:
        """Whether hot settings reach a training run from here."""
        return self.run is not None and self.run.live and self.mine

    @property
    def steered(self) -> Run:
        """The run that hot settings reach."""
        if self.run is None:
            raise RunRefused(_("There is no run here to change."))
        return self.run


def read_screen() -> Screen:
    """Read the URL; what cannot be taken from it becomes a sentence and is replaced by its default."""
    restore_newest_link()
    problems: list[str] = []
    run = _run(problems)
    chosen = None if run else _preset(problems)
    base = _experiment_now(run) if run else (chosen or PRESETS[0]).experiment
    read = read_recipe(st.query_params.to_dict(), base)
    known = link_checks.with_known_names(read.experiment, base, st.query_params)
    problems += [*read.problems, *known.problems]
    seat = class_seat.seat_of(owner := browser_id())
    draft = class_seat.locked_draft(seat, known.experiment)
    problems += _unlocked(known.experiment, draft) if run is None else []
    locks = seat.classroom.locks if seat else NO_LOCKS
    return Screen(owner, run, chosen, base, draft, tuple(problems), locks=locks)


def _unlocked(asked: Experiment, locked: Experiment) -> list[str]:
    """A sentence where the link asks for something else than what the class has locked."""
    if not (names := locked.changes(asked).keys()):
        return []
    return [
        _("Your lecturer has set this for the class: {fields}.").format(
            fields=listing(f"{field_title(name)} = {value_title(name, locked.value(name))}" for name in names)
        )
    ]


def show_networks(chosen: str | None, **parameters: str | None) -> None:
    """Show other networks at the same temperature: those of `run:<id>`, else the teachers with these keys.

    Teachers leave the recipe and the selected run as they are. None stands for those that the page shows by itself;
    further parameters are set, or removed where None.
    """
    kind, _colon, run_id = (chosen or "").partition(":")
    screen = read_screen()
    if kind == "run":
        base = run_manager.manager().run(run_id).experiment
        show_run_networks(run_id, base.with_flat(temperature=screen.draft.temperature), **parameters)
    elif screen.run is not None:
        usual = PRESETS[0].experiment
        write_recipe(
            screen.draft, usual, run=None, selected=screen.run.id, preset=None, of=chosen, **parameters
        )
    else:
        set_parameters(of=chosen, **parameters)


def show_run_networks(run_id: str, draft: Experiment | None = None, **parameters: str | None) -> None:
    """Show a run's networks, with its own recipe or another; further parameters are set, or removed where None."""
    restore_newest_link()
    base = run_manager.manager().run(run_id).experiment
    write_recipe(draft or base, base, run=run_id, selected=None, preset=None, of=None, **parameters)


def is_watching(run: Run) -> bool:
    """Whether the run is another browser's; cheaper than a reading of the URL."""
    return not run_manager.manager().may_command(run.id, browser_id())


def _run(problems: list[str]) -> Run | None:
    run_id = st.query_params.get(Param.RUN)
    if run_id is None:
        return None
    try:
        return run_manager.manager().run(run_id)
    except RunRefused as error:
        problems.append(told(error))
        return None


def _preset(problems: list[str]) -> Preset | None:
    name = st.query_params.get(Param.PRESET)
    if name is None:
        return PRESETS[0]
    try:
        return preset(name)
    except InvalidExperiment as error:
        problems.append(told(error))
        return PRESETS[0]


def _experiment_now(run: Run) -> Experiment:
    """The run's experiment; while it trains, with the hot settings as they are now."""
    if not run.live:
        return run.experiment
    changes = {change["setting"]: change["value"] for change in run_curves.curves(run).of_kind("HotChange")}
    return run.experiment.with_flat(**changes)
