"""The permalink: reading a recipe from the URL and writing one into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.text.translation import _, told
from dashboard.url.parameters import FIELD_OF, OF_ONE_RUN, PAGE_PARAMETERS, PARAMETER_OF, Param
from dashboard.url.query_parameters import left_out, shortened
from dashboard.url.stale_requests import write_link
from kdcore.errors import InvalidExperiment
from kdcore.experiment import FLAT_FIELDS, Experiment

LONGEST_VALUE = 2000
"""Characters of one setting in a link."""


@dataclass(frozen=True)
class RecipeInLink:
    """The recipe in the URL, and a sentence for each parameter that could not be taken."""

    experiment: Experiment
    problems: tuple[str, ...] = field(default_factory=tuple)


def read_recipe(parameters: Mapping[str, str], base: Experiment) -> RecipeInLink:
    """The base with the URL's fields in place of its own; each parameter is taken or refused by itself."""
    experiment, problems = base, []
    for parameter, text in parameters.items():
        if parameter in PAGE_PARAMETERS:
            continue
        name = FIELD_OF.get(parameter, parameter)
        if name not in FLAT_FIELDS:
            continue  # another page's parameter: a link carries them all
        if len(text) > LONGEST_VALUE:
            too_long = _("it is longer than any setting.")
            problems.append(left_out(parameter, too_long, encode(experiment.value(name)), text))
            continue
        try:
            experiment = experiment.with_flat(**{name: decode(name, text)})
        except InvalidExperiment as error:
            why = str(error).removeprefix("This experiment cannot run. ")
            problems.append(
                _("{parameter}={text} in the link is left out. {why}").format(
                    parameter=parameter, text=shortened(text), why=told(why.replace(text, shortened(text)))
                )
            )
    return RecipeInLink(experiment, tuple(problems))


def decode(name: str, text: str) -> Any:
    """A parameter's text as the value that the field's type is checked against."""
    if FLAT_FIELDS[name].choices or FLAT_FIELDS[name].info.annotation is str:
        return text
    try:
        return json.loads(text)
    except (
        ValueError,
        RecursionError,
    ):  # no JSON, a number of too many digits, lists within lists within ...
        return text


def encode(value: Any) -> str:
    """A field's value as a parameter's text; `decode` reads it back."""
    return value if isinstance(value, str) else json.dumps(value)


def recipe_parameters(experiment: Experiment, base: Experiment) -> dict[str, str]:
    """The parameters that a link must carry for this recipe: the fields that differ from the base."""
    return {PARAMETER_OF.get(name, name): encode(value) for name, value in experiment.changes(base).items()}


def write_recipe(experiment: Experiment, base: Experiment, **parameters: str | None) -> None:
    """Write the recipe into the URL; further parameters are set, or removed where None. Others stay."""
    write_link(recipe_link(experiment, base, **parameters))


def recipe_link(experiment: Experiment, base: Experiment, **parameters: str | None) -> dict[str, str]:
    """The URL's parameters with this recipe in place of theirs; as `write_recipe` writes them."""
    kept = {
        name: value for name, value in st.query_params.items() if FIELD_OF.get(name, name) not in FLAT_FIELDS
    }
    if Param.RUN in parameters:
        kept = {name: value for name, value in kept.items() if name not in OF_ONE_RUN}
    changed = kept | parameters | recipe_parameters(experiment, base)
    return {name: value for name, value in changed.items() if value is not None}
