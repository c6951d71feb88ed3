"""What happens when a field of the recipe is edited: it goes into the link, and into the run where it trains."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import (
    network_choices,
    run_manager,
    starting_settings,
)
from dashboard.data.screen import read_screen
from dashboard.session import widget
from dashboard.url.permalink import write_recipe
from dashboard.url.widget_values import is_echo
from kdcore.events import Command
from kdcore.experiment import HOT_FIELDS, Experiment


def edit(name: str) -> None:
    """A widget changed a field: write it to the URL, and to the run where the field is hot and the run is this browser's."""
    if is_echo(widget(name)):
        return
    with errors_as_notices():
        screen = read_screen()
        changed = with_dependent_fields(screen.draft, name, st.session_state[widget(name)])
        if changed == screen.draft:
            return
        if name in HOT_FIELDS and screen.steers:
            command = Command("set", name, float(changed.flat()[name]))
            run_manager.manager().command(screen.steered.id, screen.owner, command)
        write_recipe(changed, screen.base)


def edit_parameter(parameter: str) -> None:
    """A method's own setting was changed."""
    if is_echo(widget(f"parameters.{parameter}")):
        return
    with errors_as_notices():
        screen = read_screen()
        value = float(st.session_state[widget(f"parameters.{parameter}")])
        values = {**screen.draft.parameters, parameter: value}
        write_recipe(screen.draft.with_flat(parameters=values), screen.base)


def with_dependent_fields(experiment: Experiment, name: str, value: Any) -> Experiment:
    """The experiment with a field changed, and with it the fields that depend on it.

    Another dataset takes a teacher that knows it; another dataset or student takes the settings that are known to work for
    it, unless any was set by hand; another method begins from its own settings; count and fraction exclude each other.
    """
    changes: dict[str, Any] = {name: value}
    if name == "dataset" and value != experiment.dataset:
        changes |= network_choices.fitting(experiment, value)
    if name in ("dataset", "student") and value != experiment.flat()[name]:
        changes |= starting_settings.following(experiment, experiment.with_flat(**changes))
    if name == "method" and value != experiment.method:
        changes["parameters"] = {}
    if name == "count" and value is not None:
        changes["fraction"] = 1.0
    if name == "fraction" and value != 1.0:
        changes["count"] = None
    return experiment.with_flat(**changes)
