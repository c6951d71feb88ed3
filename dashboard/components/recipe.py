"""The recipe on the left: five controls, and everything else of the experiment under "more", made from its fields.

A field that is added to the experiment appears by itself, in its group, with its bounds and its line of help.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.method_diagram import tapped
from dashboard.data import (
    dataset_choices,
    method_cards,
    network_choices,
    run_manager,
    torch_imports,
    trained_teachers,
)
from dashboard.data.screen import Screen, is_at_teacher, read_screen
from dashboard.session import Key, steps, widget
from dashboard.text.numbers import large, size_of
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from dashboard.url.widget_values import is_echo, read_choice, sync_widget, write_choice
from kdcore.events import Command
from kdcore.experiment import FLAT_FIELDS, HOT_FIELDS, Experiment
from kdcore.plan import Parameter
from kdcore.texts import N_

TEMPERATURES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0)
MAIN = ("dataset", "teacher", "student", "temperature", "teacher_weight")
HOT = N_(
    "It can be changed while a run trains; a change made while the teacher is trained acts when the students begin."
)
UNUSED = N_("The chosen method does not use it.")
TEACHERS_TRAINING = N_("teacher's training")


# ---------------------------------------------------------------------------------------------- edits


def edit(name: str) -> None:
    """A widget changed a field: into the URL it goes, and into the run where the field is hot and the run is ours."""
    if is_echo(widget(name)):
        return
    with errors_as_notices():
        screen = read_screen()
        changed = with_followers(screen.draft, name, st.session_state[widget(name)])
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


def with_followers(experiment: Experiment, name: str, value: Any) -> Experiment:
    """The experiment with a field changed, and the fields that cannot stay as they were.

    Another dataset takes a teacher that knows it; another method begins from its own settings; count and fraction
    exclude each other.
    """
    changes: dict[str, Any] = {name: value}
    if name == "dataset" and value != experiment.dataset:
        changes |= network_choices.fitting(experiment, value)
    if name == "method" and value != experiment.method:
        changes["parameters"] = {}
    if name == "count" and value is not None:
        changes["fraction"] = 1.0
    if name == "fraction" and value != 1.0:
        changes["count"] = None
    return experiment.with_flat(**changes)


# ---------------------------------------------------------------------------------------------- the column


def recipe(screen: Screen) -> None:
    """Draw the column: the five controls, then the groups under "more"."""
    if not torch_imports.warm():
        st.fragment(_wait_for_figures, run_every=1.0)()
    _dataset(screen)
    _network(screen, "teacher", network_choices.teacher_choices(screen.draft), _teacher_facts(screen.draft))
    _network(
        screen,
        "student",
        network_choices.student_choices(screen.draft),
        _network_facts(screen.draft.student, screen.draft),
    )
    _temperature(screen)
    _field(screen, "teacher_weight")
    _more(screen)


def _wait_for_figures() -> None:
    """Draw the page once more when the networks' figures are there: a few seconds after the server has started."""
    if torch_imports.warm():
        st.rerun()


def _dataset(screen: Screen) -> None:
    names = dataset_choices.dataset_names(screen.draft.dataset)
    _select(screen, "dataset", names, format_func=dataset_choices.dataset_title)
    if why := dataset_choices.dataset_missing(screen.draft.dataset):
        st.caption(why)


def _network(screen: Screen, name: str, choices: list[str], facts: str) -> None:
    chosen = screen.draft.flat()[name]
    _select(
        screen,
        name,
        choices if chosen in choices else [chosen, *choices],
        format_func=network_choices.network_title,
        accept_new_options=True,  # perceptrons of any size are networks too
    )
    if facts:
        st.caption(facts)


def _teacher_facts(draft: Experiment) -> str:
    card = trained_teachers.teacher_card(draft.teacher)
    if card is None:
        first = (
            _("trained first")
            if method_cards.asks_teacher(draft)
            else _("not trained: the method asks no teacher")
        )
        return " · ".join(filter(None, [_network_facts(draft.teacher, draft), first]))
    wrong = _("{errors} of {images} wrong on validation").format(**card.validation) if card.validation else ""
    return " · ".join(filter(None, [_network_facts(card.network, draft), _("already trained"), wrong]))


def _network_facts(name: str, draft: Experiment) -> str:
    facts = network_choices.describe(name, draft)
    if facts is None:
        return ""
    said = _("{parameters} parameters · {macs} MACs · {size}")
    return said.format(parameters=large(facts.parameters), macs=large(facts.macs), size=size_of(facts.bytes))


def _temperature(screen: Screen) -> None:
    """T on a ladder whose rungs are evenly spaced to the eye; a T from a link gets a rung of its own."""
    rungs = sorted({*TEMPERATURES, screen.draft.temperature})
    st.select_slider(options=rungs, format_func="{:g}".format, **_bound(screen, "temperature"))


def _more(screen: Screen) -> None:
    offered = groups()
    chosen = read_choice(Param.MORE, Key.MORE, offered, None)
    st.pills(
        _("More"),
        list(offered),
        default=chosen,
        key=Key.MORE,
        format_func=_,
        on_change=write_choice,
        args=(Param.MORE, Key.MORE, None),
        wrap=True,
    )
    if chosen == TEACHERS_TRAINING and trained_teachers.teacher_card(screen.draft.teacher):
        st.caption(
            _("This teacher is already trained: these settings count for a network that is trained as one.")
        )
    if chosen is None and not screen.draft.omit and not screen.watching:
        st.caption(_("To leave a class out of the training: transfer set, Omit."))
    for name in offered.get(chosen or "", ()):
        _field(screen, name)


def groups() -> dict[str, list[str]]:
    """The fields under "more" by group, in the experiment's order, the method first."""
    found: dict[str, list[str]] = {"method": ["method"]}
    for name, entry in FLAT_FIELDS.items():
        if name not in (*MAIN, "method", "parameters"):
            group = TEACHERS_TRAINING if entry.path[0] == "teacher_recipe" else entry.group
            found.setdefault(group, []).append(name)
    return found


def _method(screen: Screen) -> None:
    """The methods by what they transfer, the chosen one's words and formula, and its own settings."""
    cards, chosen = method_cards.cards(), screen.draft.method
    offered = method_cards.methods_by_transfer()

    def title(name: str) -> str:
        return f"{_(cards[name].title)} · {_(cards[name].transfers)}" if name in cards else name

    _select(screen, "method", offered if chosen in cards else [chosen, *offered], format_func=title)
    if chosen not in cards:
        return
    card = cards[chosen]
    st.caption(_(card.what))
    tapped(chosen, screen.draft.parameters)
    st.container(key="formula").latex(card.formula)
    st.caption(_(card.citation))
    for parameter in card.parameters:
        _parameter(screen, parameter)


def _parameter(screen: Screen, parameter: Parameter) -> None:
    """The widget of a method's own setting: a number, or one of its choices."""
    key = widget(f"parameters.{parameter.name}")
    value = float(screen.draft.parameters.get(parameter.name, parameter.default))
    bound: dict[str, Any] = {
        "key": key,
        "help": f"{_(parameter.help)} {_(parameter.source)}",
        "on_change": edit_parameter,
        "args": (parameter.name,),
        "disabled": screen.watching,
    }
    if parameter.choices:
        index = sync_widget(key, int(value))
        names = [_(choice) for choice in parameter.choices]
        st.selectbox(titled(parameter.name), range(len(names)), index, names.__getitem__, **bound)
        return
    low, high = float(parameter.low), float(parameter.high)
    st.number_input(
        titled(parameter.name), low, high, sync_widget(key, value), step=0.05, format="%g", **bound
    )


# ---------------------------------------------------------------------------------------------- one field


def _field(screen: Screen, name: str) -> None:
    """The widget that a field's type and bounds ask for."""
    entry = FLAT_FIELDS[name]
    kinds = get_args(entry.info.annotation) or (entry.info.annotation,)
    if name == "method":
        _method(screen)
    elif name == "omit":
        classes = dataset_choices.class_names(screen.draft)
        bound = _bound(screen, name, "default")
        st.multiselect(options=range(len(classes)), format_func=classes.__getitem__, **bound)
        if screen.draft.omit:
            st.caption(_("After the run, Dark knowledge shows what each network makes of it."))
    elif entry.choices:
        _select(screen, name, entry.choices, format_func=_)
    elif bool in kinds:
        st.toggle(**_bound(screen, name))
    elif float in kinds and steps(entry) == (0, 1):
        st.slider(min_value=0.0, max_value=1.0, step=0.05, format="%g", **_bound(screen, name))
    elif int in kinds or float in kinds:
        _number(screen, name, int if int in kinds else float, optional=type(None) in kinds)
    else:
        st.text_input(**_bound(screen, name))


def _number(screen: Screen, name: str, kind: type[int] | type[float], *, optional: bool) -> None:
    low, high = (None if bound is None else kind(bound) for bound in steps(FLAT_FIELDS[name]))
    look = _bound(screen, name) | {"step": 1, "format": "%d"}
    if kind is float:
        look |= {"step": _step(screen.draft.flat()[name]), "format": "%g"}
    if optional:  # an emptied field goes back to the value that it began with: this one must stay empty
        look |= {"value": None, "placeholder": _("all")}
    st.number_input(min_value=low, max_value=high, **look)


def _step(value: float) -> float:
    """Half the power of ten below the value: 0.003 moves by 0.0005."""
    return 10.0 ** math.floor(math.log10(value)) / 2 if value > 0 else 0.1


def _select(screen: Screen, name: str, options: Sequence[str], **look: Any) -> None:
    """A field's widget where its value is one of these."""
    bound = _bound(screen, name)
    index = list(options).index(bound.pop("value"))
    st.selectbox(options=options, index=index, **look, **bound)


def _bound(screen: Screen, name: str, first: str = "value") -> dict[str, Any]:
    """A field's widget: its words, its state as the URL says, and where its changes go.

    first: the argument by which a widget of that kind takes the value that it begins with.
    """
    key, help_ = widget(name), _(FLAT_FIELDS[name].help)
    value = screen.draft.flat()[name]
    value = sync_widget(key, list(value) if isinstance(value, tuple) else value)
    unused, label = method_cards.unused(screen.draft, name), titled(name)
    if name in screen.varied:
        label = f"{label} · {_('varied')}"  # in words alone: a screen reader would spell out a badge's markup
    elif unused:
        help_ = f"{help_} {_(UNUSED)}"
    elif name in HOT_FIELDS:
        help_ = f"{help_} {_(HOT)}"
        if screen.steers:
            when = _("live for the students") if is_at_teacher(screen.steered) else _("live")
            label = f"{label} · {when}"
    return {
        "label": label,
        first: value,
        "key": key,
        "help": help_,
        "on_change": edit,
        "args": (name,),
        "disabled": screen.watching or unused or name in screen.varied,
    }


def titled(name: str) -> str:
    """What a field of the recipe is called on screen."""
    title = {
        "temperature": _("temperature T"),
        "teacher_weight": _("weight on teacher"),
        "count": _("images"),
    }.get(name) or _(name.replace("_", " "))
    return title[:1].upper() + title[1:]
