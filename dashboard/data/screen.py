"""What is on screen, read from the URL: a run or none, the recipe it begins from, and the recipe as edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.data import link_checks, run_curves, run_manager
from dashboard.session import browser_id
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import follow_link, goto, link_of, read_recipe
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS, Preset, preset

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class Screen:
    """One reading of the URL.

    run: the run that is shown. base: what the recipe begins from, the run's or the preset's. draft: the recipe as
    edited. problems: a sentence for each parameter that could not be taken. varied: fields that a sweep varies.
    """

    owner: str
    run: Run | None
    preset: Preset | None
    base: Experiment
    draft: Experiment
    problems: tuple[str, ...]
    varied: tuple[str, ...] = ()

    @property
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


def screen() -> Screen:
    """Read the URL; what cannot be taken from it is told and replaced by its default."""
    follow_link()
    problems: list[str] = []
    run = _run(problems)
    chosen = None if run else _preset(problems)
    base = _now(run) if run else (chosen or PRESETS[0]).experiment
    read = read_recipe(st.query_params.to_dict(), base)
    known = link_checks.known(read.experiment, base, st.query_params)
    problems += [*read.problems, *known.problems]
    return Screen(browser_id(), run, chosen, base, known.experiment, tuple(problems))


def goto_networks(chosen: str | None, **parameters: str | None) -> None:
    """Other networks are shown, at the temperature as it was: those of `run:<id>`, else the teachers of these keys.

    None stands for those that the page shows of itself; further parameters are set, or taken away where None.
    """
    kind, _colon, rest = (chosen or "").partition(":")
    run = run_manager.manager().run(rest) if kind == "run" else None
    base = run.experiment if run else PRESETS[0].experiment
    draft = base.with_flat(temperature=screen().draft.temperature)
    of = None if run else chosen
    goto(draft, base, run=run.id if run else None, preset=None, of=of, **parameters)


def without_run(now: Screen) -> dict[str, str]:
    """The link that has the recipe on screen of itself, where the run or the preset now gives it."""
    return link_of(now.draft, PRESETS[0].experiment, run=None, preset=None)


def is_watching(run: Run) -> bool:
    """Whether the run is another browser's; less than a whole reading of the URL, for what asks each second."""
    return not run_manager.manager().may_command(run.id, browser_id())


def is_at_teacher(run: Run) -> bool:
    """Whether the run is still at its teacher: hot settings then wait for the students."""
    return run.phase == "teacher"


def _run(problems: list[str]) -> Run | None:
    run_id = st.query_params.get(Param.RUN)
    if run_id is None:
        return None
    try:
        return run_manager.manager().run(run_id)
    except RunRefused as error:
        problems.append(str(error))
        return None


def _preset(problems: list[str]) -> Preset | None:
    name = st.query_params.get(Param.PRESET)
    if name is None:
        return PRESETS[0]
    try:
        return preset(name)
    except InvalidExperiment as error:
        problems.append(str(error))
        return PRESETS[0]


def _now(run: Run) -> Experiment:
    """The run's experiment; while it trains, with the hot settings as they stand."""
    if not run.live:
        return run.experiment
    changes = {change["setting"]: change["value"] for change in run_curves.curves(run).of_kind("HotChange")}
    return run.experiment.with_flat(**changes)
