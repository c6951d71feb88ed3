"""What the budget comes to in steps: beside it always, and as a hint where the steps are few and nobody knows that they suffice."""

from __future__ import annotations

import streamlit as st

from dashboard.data import dataset_choices
from dashboard.data.screen import Screen
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, ngettext, together
from kdcore.experiment import Experiment
from kdcore.pipelines.step_budget import FEW, StepBudget, step_budget
from kdcore.studies.presets import PRESETS
from kdcore.studies.starting_settings import start_of


def steps_beside_budget(screen: Screen) -> None:
    """The students' steps an epoch and in all, where epochs and batch size are set."""
    if budget := _budget(screen.draft):
        st.caption(together([_counted(budget), *([_hint()] if budget.few else [])]))


def few_steps_hint(screen: Screen) -> None:
    """The hint below the student, unless these settings were measured."""
    budget = _budget(screen.draft)
    if budget and budget.few and not screen.watching and not _is_known(screen.draft):
        st.caption(together([_counted(budget), _hint()]))


def _budget(draft: Experiment) -> StepBudget | None:
    entry = dataset_choices.dataset(draft.dataset)
    return step_budget(draft, entry.images) if entry and entry.images else None


def _is_known(draft: Experiment) -> bool:
    """Whether somebody has seen what so few steps give: with a preset, or with the settings that a network starts with."""
    judged = start_of(draft)
    measured = judged is not None and judged.start.fits(draft)
    return measured or any(one.experiment == draft for one in PRESETS)


def _counted(budget: StepBudget) -> str:
    said = ngettext(
        "The students take {steps} step in all, {each} an epoch, of {images} images.",
        "The students take {steps} steps in all, {each} an epoch, of {images} images.",
        budget.steps,
    )
    if not budget.exact:
        said = _("The students take about {steps} steps in all, {each} an epoch, of {images} images.")
    return said.format(steps=grouped(budget.steps), each=grouped(budget.each), images=grouped(budget.images))


def _hint() -> str:
    return _(
        "Fewer than {few} steps teach little: more epochs, a smaller batch, or a higher learning rate for a large one."
    ).format(few=FEW)
