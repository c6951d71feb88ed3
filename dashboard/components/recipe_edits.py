"""What happens when a field of the recipe is edited: it goes into the link, and into the run where it trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.refused_values import accept_value, refuse_value, refused_value
from dashboard.data import (
    link_checks,
    method_cards,
    network_choices,
    run_manager,
    starting_settings,
)
from dashboard.data.screen import Screen, read_screen
from dashboard.session import widget
from dashboard.text.field_labels import field_title
from dashboard.text.translation import _, together, told
from dashboard.url.permalink import write_recipe
from dashboard.url.widget_values import is_echo
from kdcore.errors import InvalidExperiment
from kdcore.events import Command
from kdcore.experiment import CANNOT_RUN, FLAT_FIELDS, HOT_FIELDS, Experiment
from kdcore.experiment_fields import PARAMETER_PREFIX


def edit(name: str) -> None:
    """A widget changed a field: write it to the URL, and to the run where the field is hot and the run is this browser's.

    What cannot be taken stays in the widget, with the reason.
    """
    key = widget(name)
    if is_echo(key):
        return
    with errors_as_notices():
        screen = read_screen()
        accept_value(key)
        try:
            changed = with_dependent_fields(screen.draft, name, st.session_state[key])
        except InvalidExperiment as error:
            refuse_value(key, _sentence(name, error), value_of(screen.draft, name))
            return
        if (
            name in ("teacher", "student")
            and (known := link_checks.with_known_names(changed, screen.draft)).problems
        ):
            refuse_value(key, known.problems[0], value_of(screen.draft, name))
            return
        if changed == screen.draft:
            return
        if name in HOT_FIELDS and screen.steers:
            command = Command("set", name, float(changed.value(name)))
            run_manager.manager().command(screen.steered.id, screen.owner, command)
        write_recipe(changed, screen.base)


def edit_parameter(parameter: str, low: float, high: float) -> None:
    """A method's own setting was changed; what lies outside its bounds stays in the widget, with the reason."""
    name = f"{PARAMETER_PREFIX}{parameter}"
    key = widget(name)
    if is_echo(key):
        return
    with errors_as_notices():
        screen, typed = read_screen(), st.session_state[key]
        accept_value(key)
        if typed is None or not low <= typed <= high:
            why = _("{setting} takes a number, {low} to {high}.")
            sentence = why.format(setting=field_title(name), low=f"{low:g}", high=f"{high:g}")
            refuse_value(key, sentence, screen.draft.parameters.get(parameter))
            return
        values = {**screen.draft.parameters, parameter: float(typed)}
        write_recipe(screen.draft.with_flat(parameters=values), screen.base)


def value_of(experiment: Experiment, name: str) -> Any:
    """A field's value as its widget holds it."""
    value = experiment.value(name)
    return list(value) if isinstance(value, tuple) else value


def refused_fields(screen: Screen) -> dict[str, str]:
    """Why values were refused that the widgets of the recipe and of the method's own settings hold, by field."""
    card = method_cards.cards().get(screen.draft.method)
    values = {name: value_of(screen.draft, name) for name in FLAT_FIELDS}
    for parameter in card.parameters if card else ():
        values[f"{PARAMETER_PREFIX}{parameter.name}"] = screen.draft.parameters.get(parameter.name)
    found = {name: refused_value(widget(name), value) for name, value in values.items()}
    return {name: refused.why for name, refused in found.items() if refused}


def waits_for(refused: Mapping[str, str]) -> str:
    """What Train says while widgets hold what was refused, for these reasons."""
    return together([_("Train waits until this is mended."), *refused.values()])


def _sentence(name: str, error: InvalidExperiment) -> str:
    """Why a field's value was refused, begun with its label: "Epochs = 3000: it takes a whole number, 1 to 2000."."""
    why = str(error).removeprefix(CANNOT_RUN).strip()
    said = told(why)
    return field_title(name) + said.removeprefix(name) if said.startswith(name) else said


def with_dependent_fields(experiment: Experiment, name: str, value: Any) -> Experiment:
    """The experiment with a field changed, and with it the fields that depend on it.

    Another dataset takes a teacher that knows it; another dataset or student takes the settings that are known to work for
    it, unless any was set by hand; another method begins from its own settings; count and fraction exclude each other.
    """
    changes: dict[str, Any] = {name: value}
    if name == "dataset" and value != experiment.dataset:
        changes |= network_choices.fitting(experiment, value)
    if name in ("dataset", "student") and value != experiment.value(name):
        changes |= starting_settings.following(experiment, experiment.with_flat(**changes))
    if name == "method" and value != experiment.method:
        changes["parameters"] = {}
    if name == "count" and value is not None:
        changes["fraction"] = 1.0
    if name == "fraction" and value != 1.0:
        changes["count"] = None
    return experiment.with_flat(**changes)
