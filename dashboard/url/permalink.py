"""The permalink: reading a recipe from the URL and writing one into it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from dashboard.session import Key
from dashboard.text.translation import _
from dashboard.url.parameters import FIELD_OF, PAGE_PARAMETERS, PARAMETER_OF
from kdcore.errors import InvalidExperiment
from kdcore.experiment import FLAT_FIELDS, Experiment

T = TypeVar("T")


LATE = 5.0  # seconds after which a request with a link that was left is the reader going back


PAIR = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")


WHOLE = re.compile(r"-?[0-9]{1,12}")


LARGEST_EXPERIMENT = 100_000  # bytes


LONGEST = 40  # characters of a link's text that a sentence repeats


@dataclass(frozen=True)
class Read:
    """What the URL says of a recipe, and a sentence for each parameter that could not be taken."""

    experiment: Experiment
    problems: tuple[str, ...] = field(default_factory=tuple)


def read_recipe(parameters: Mapping[str, str], base: Experiment) -> Read:
    """The base with the URL's fields over it, each parameter taken or refused by itself."""
    experiment, problems = base, []
    for parameter, text in parameters.items():
        if parameter in PAGE_PARAMETERS:
            continue
        name = FIELD_OF.get(parameter, parameter)
        if name not in FLAT_FIELDS:
            continue  # another page's parameter: a link carries them all
        try:
            experiment = experiment.with_flat(**{name: decode(name, text)})
        except InvalidExperiment as error:
            why = str(error).removeprefix("This experiment cannot run. ")
            problems.append(
                _("{parameter}={text} in the link is left out. {why}").format(
                    parameter=parameter, text=_short(text), why=why.replace(text, _short(text))
                )
            )
    return Read(experiment, tuple(problems))


def read_experiment(handed: bytes) -> Experiment:
    """The experiment in a file that was handed in.

    Raises:
        InvalidExperiment: it is too large, no text, no experiment, or a field is out of its bounds.
    """
    if len(handed) > LARGEST_EXPERIMENT:
        raise InvalidExperiment(
            _("This file is too large for an experiment. Choose the JSON that a run gave.")
        )
    try:
        return Experiment.from_json(handed.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidExperiment(_("This file is not text. Choose the JSON that a run gave.")) from error


def decode(name: str, text: str) -> Any:
    """A parameter's text as the value that the field's type is checked against."""
    if FLAT_FIELDS[name].choices or FLAT_FIELDS[name].info.annotation is str:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def encode(value: Any) -> str:
    """A field's value as a parameter's text; `decode` reads it back."""
    return value if isinstance(value, str) else json.dumps(value)


def recipe_parameters(experiment: Experiment, base: Experiment) -> dict[str, str]:
    """What a link must carry for this recipe: the fields that differ from the base."""
    return {PARAMETER_OF.get(name, name): encode(value) for name, value in experiment.changes(base).items()}


def goto(experiment: Experiment, base: Experiment, **parameters: str | None) -> None:
    """Write the recipe into the URL; further parameters are set, or taken away where None. Others stay."""
    _write(link_of(experiment, base, **parameters))


def link_of(experiment: Experiment, base: Experiment, **parameters: str | None) -> dict[str, str]:
    """The URL's parameters with this recipe in place of theirs; as `goto` writes them."""
    kept = {
        name: value for name, value in st.query_params.items() if FIELD_OF.get(name, name) not in FLAT_FIELDS
    }
    changed = kept | parameters | recipe_parameters(experiment, base)
    return {name: value for name, value in changed.items() if value is not None}


def put(**parameters: str | None) -> None:
    """Set parameters of the URL; those that are None are taken away. Others stay."""
    changed = st.query_params.to_dict() | parameters
    _write({name: value for name, value in changed.items() if value is not None})


def left_out(parameter: str, why: str, shown: str, text: str | None = None) -> str:
    """The sentence for a parameter of the link that cannot be taken: why (itself a sentence), and what is shown."""
    text = st.query_params[parameter] if text is None else text
    return _("{parameter}={text} in the link is left out: {why} Shown instead: {shown}.").format(
        parameter=parameter, text=_short(text), why=why, shown=shown
    )


def unknown(parameter: str, options: Collection[str], shown: str, why: str = "") -> list[str]:
    """The sentence for a parameter that names none of the options, or nothing."""
    if st.query_params.get(parameter) in (None, *options):
        return []
    return [left_out(parameter, why or _("there is no such choice."), shown)]


def _short(text: str) -> str:
    """A link's text as a sentence repeats it: of a long one only the beginning."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def number(parameter: str, default: int, low: int, high: int, problems: list[str]) -> int:
    """A whole number from the URL between two bounds; what the URL says else is told, and the nearest or the default taken."""
    return whole(parameter, st.query_params.get(parameter), default, low, high, problems)


def whole(parameter: str, text: str | None, default: int, low: int, high: int, problems: list[str]) -> int:
    """The same of a parameter's text."""
    if text is None:
        return default
    value = min(max(int(text), low), high) if WHOLE.fullmatch(text) else default
    if not WHOLE.fullmatch(text) or value != int(text):
        why = _("it takes a whole number, {low} to {high}.").format(low=f"{low:,}", high=f"{high:,}")
        problems.append(left_out(parameter, why, f"{value:,}", text))
    return value


def read_pair(text: str | None, classes: int) -> tuple[int, int] | None:
    """Two class numbers from a link ("3-8"); None where it names no two of the classes."""
    said = PAIR.fullmatch(text or "")
    if said is None or max(int(said[1]), int(said[2])) >= classes:
        return None
    return int(said[1]), int(said[2])


def _write(link: dict[str, str]) -> None:
    left = st.query_params.to_dict()
    if link != left:
        now = time.monotonic()
        st.query_params.from_dict(link)
        st.session_state[Key.LINKS] = [*_recent_links(), (now, left), (now, link)]


def _recent_links() -> list[tuple[float, dict[str, str]]]:
    return [entry for entry in st.session_state.get(Key.LINKS, []) if time.monotonic() - entry[0] < LATE]


def follow_link() -> bool:
    """Call first in every run and callback: whether this request left the browser before it knew the newest link.

    A page that polls sends such requests; taken at their word they would undo what was just pressed.
    """
    links = [link for _moment, link in _recent_links()]
    if not links or st.query_params.to_dict() == links[-1] or st.query_params.to_dict() not in links:
        return False
    st.query_params.from_dict(links[-1])
    return True


def show(key: str, value: T) -> T:
    """Give a widget its value before it is drawn; untouched where it has it, so that nobody's typing is lost.

    Returns the value. The widget must also begin with it: a browser that was too busy to draw the first run sees only a
    later one, which carries no value but the widget's own first, and would send that back as if somebody had chosen it.
    """
    if key not in st.session_state:
        st.session_state[key] = value
    elif json.dumps(st.session_state[key]) != json.dumps(value):
        st.session_state.setdefault(Key.REPLACED, {})[key] = st.session_state[key]
        st.session_state[key] = value
    return value


def is_echo(*keys: str) -> bool:
    """Whether a widget's change is no one's: a late request that still carries the value that `show` has replaced."""
    late, replaced = follow_link(), st.session_state.get(Key.REPLACED, {})
    return late and any(key in replaced and replaced[key] == st.session_state[key] for key in keys)


def choice(parameter: str, key: str, options: Collection[str], default: str | None) -> str | None:
    """What the URL says of a choice that is no field, shown by the widget of that key; the default where it says none."""
    said = st.query_params.get(parameter)
    value = said if said in options else default
    show(key, value)
    return value


def choose(parameter: str, key: str, default: str | None) -> None:
    """The widget of that key changed: its choice goes into the URL, the default out of it."""
    if not is_echo(key):
        value = st.session_state[key]
        others = {name: said for name, said in st.query_params.items() if name != parameter}
        _write(others if value == default else others | {parameter: value})
