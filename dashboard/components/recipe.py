"""The recipe on the left: five controls, and everything else of the experiment under "more", made from its fields.

A field that is added to the experiment appears by itself, in its group, with its bounds and its line of help.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import streamlit as st

from dashboard import library
from dashboard.screen import Screen, screen
from dashboard.sentences import large, size_of
from dashboard.state import Param, edge, goto, steps, widget
from dashboard.texts import _
from kdcore.events import Command
from kdcore.experiment import FLAT_FIELDS, HOT_FIELDS, Experiment, FlatField
from kdcore.texts import N_

TEMPERATURES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0)
MAIN = ("dataset", "teacher", "student", "temperature", "teacher_weight")
LIVE = N_("Live: it can be changed while a run trains.")
TEACHERS_TRAINING = N_("teacher's training")


# ---------------------------------------------------------------------------------------------- edits


def edit(name: str, value: Callable[[Any], Any] = lambda chosen: chosen) -> None:
    """A widget changed a field: into the URL it goes, and into the run where the field is hot and the run is ours."""
    with edge():
        now = screen()
        changed = with_followers(now.draft, name, value(st.session_state[widget(name)]))
        if name in HOT_FIELDS and now.steers:
            command = Command("set", name, float(changed.flat()[name]))
            library.manager().command(now.steered.id, now.owner, command)
        goto(changed, now.base)


def edit_parameter(parameter: str) -> None:
    """A method's own setting was changed."""
    with edge():
        now = screen()
        values = {**now.draft.parameters, parameter: st.session_state[widget(f"parameters.{parameter}")]}
        goto(now.draft.with_flat(parameters=values), now.base)


def with_followers(experiment: Experiment, name: str, value: Any) -> Experiment:
    """The experiment with a field changed, and the fields that cannot stay as they were.

    Another dataset takes a teacher that knows it; another method begins from its own settings; count and fraction
    exclude each other.
    """
    changes: dict[str, Any] = {name: value}
    if name == "dataset" and value != experiment.dataset:
        changes |= library.fitting(experiment, value)
    if name == "method" and value != experiment.method:
        changes["parameters"] = {}
    if name == "count" and value is not None:
        changes["fraction"] = 1.0
    if name == "fraction" and value != 1.0:
        changes["count"] = None
    return experiment.with_flat(**changes)


# ---------------------------------------------------------------------------------------------- the column


def recipe(now: Screen) -> None:
    """Draw the column: the five controls, then the groups under "more"."""
    _dataset(now)
    _network(now, "teacher", library.teacher_choices(now.draft), _teacher_facts(now.draft))
    _network(now, "student", library.student_choices(now.draft), _network_facts(now.draft.student, now.draft))
    temperature(now)
    _field(now, "teacher_weight")
    _more(now)


def temperature(now: Screen) -> None:
    """T on a ladder whose rungs are evenly spaced to the eye; a T from a link gets a rung of its own."""
    rungs = sorted({*TEMPERATURES, now.draft.temperature})
    _control(now, "temperature", now.draft.temperature)
    st.select_slider(
        _label("temperature", now), rungs, format_func=lambda t: f"{t:g}", **_common("temperature", now)
    )


def _dataset(now: Screen) -> None:
    names = library.dataset_names(now.draft.dataset)
    _control(now, "dataset", now.draft.dataset)
    st.selectbox(_label("dataset", now), names, format_func=library.dataset_title, **_common("dataset", now))
    if why := library.dataset_missing(now.draft.dataset):
        st.caption(f":material/block: {why}")


def _network(now: Screen, name: str, choices: list[str], facts: str) -> None:
    value = now.draft.flat()[name]
    _control(now, name, value)
    st.selectbox(
        _label(name, now),
        choices if value in choices else [value, *choices],
        format_func=lambda choice: library.network_title(choice, now.draft),
        accept_new_options=True,
        **_common(name, now),
    )
    if facts:
        st.caption(facts)


def _teacher_facts(draft: Experiment) -> str:
    card = library.teacher_card(draft.teacher)
    if card is None:
        return " · ".join(filter(None, [_network_facts(draft.teacher, draft), _("trained first")]))
    wrong = _("{errors} of {images} wrong on validation").format(**card.validation) if card.validation else ""
    return " · ".join(filter(None, [_network_facts(card.network, draft), _("already trained"), wrong]))


def _network_facts(name: str, draft: Experiment) -> str:
    facts = library.describe(name, draft)
    if facts is None:
        return ""
    return _("{p} parameters · {m} MACs · {s}").format(
        p=large(facts.parameters), m=large(facts.macs), s=size_of(facts.bytes)
    )


def _more(now: Screen) -> None:
    groups = _groups()
    st.pills(_("More"), list(groups), key=Param.MORE, format_func=_, bind="query-params", wrap=True)
    chosen = st.session_state.get(Param.MORE)
    if chosen == TEACHERS_TRAINING and library.teacher_card(now.draft.teacher):
        st.caption(
            _("This teacher is already trained; its settings are used only when a network is trained as one.")
        )
    for name in groups.get(str(chosen), ()):
        if name == "method":
            _method(now)
        elif name != "parameters":
            _field(now, name)


def _groups() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {"method": ["method"]}
    for name, entry in FLAT_FIELDS.items():
        if name not in MAIN and name != "method":
            group = TEACHERS_TRAINING if entry.path[0] == "teacher_recipe" else entry.group
            groups.setdefault(group, []).append(name)
    return groups


def _method(now: Screen) -> None:
    cards = library.cards()
    _control(now, "method", now.draft.method)
    st.selectbox(
        _label("method", now),
        list(cards) if now.draft.method in cards else [now.draft.method, *cards],
        format_func=lambda name: _(cards[name].title) if name in cards else name,
        **_common("method", now),
    )
    card = cards.get(now.draft.method)
    if card is None:
        return
    st.caption(_(card.what))
    st.latex(card.formula)
    st.caption(card.citation)
    for parameter in card.parameters:
        key = widget(f"parameters.{parameter.name}")
        value = float(now.draft.parameters.get(parameter.name, parameter.default))
        if st.session_state.get(key) != value:
            st.session_state[key] = value
        st.number_input(
            parameter.name.replace("_", " "), float(parameter.low), float(parameter.high), step=0.05, format="%g",
            key=key, help=f"{_(parameter.help)} {parameter.source}", on_change=edit_parameter, args=(parameter.name,), disabled=now.watching,
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- one field


def _field(now: Screen, name: str) -> None:
    """The widget that a field's type and bounds ask for."""
    entry, value = FLAT_FIELDS[name], now.draft.flat()[name]
    kinds = get_args(entry.info.annotation) or (entry.info.annotation,)
    if name == "omit":
        classes = library.class_names(now.draft)
        _control(now, name, list(value))
        st.multiselect(
            _label(name, now), range(len(classes)), format_func=lambda c: classes[c], **_common(name, now)
        )
    elif entry.choices:
        _control(now, name, value)
        st.selectbox(_label(name, now), entry.choices, format_func=_, **_common(name, now))
    elif bool in kinds:
        _control(now, name, value)
        st.toggle(_label(name, now), **_common(name, now))
    elif int in kinds:
        _number(now, name, entry, value, int)
    elif float in kinds:
        share = steps(entry) == (0, 1)
        (_share if share else _number)(now, name, entry, value, float)
    else:
        _control(now, name, str(value))
        st.text_input(_label(name, now), **_common(name, now))


def _number(now: Screen, name: str, entry: FlatField, value: Any, kind: type) -> None:
    low, high = (None if bound is None else kind(bound) for bound in steps(entry))
    _control(now, name, value)
    step, layout = (1, "%d") if kind is int else (_step(float(value or 0)), "%g")
    st.number_input(
        _label(name, now), low, high, None if value is None else "min", step=step, format=layout,
        placeholder=_("all"), **_common(name, now),
    )  # fmt: skip


def _share(now: Screen, name: str, entry: FlatField, value: float, kind: type) -> None:
    _control(now, name, float(value))
    st.slider(_label(name, now), 0.0, 1.0, step=0.05, format="%g", **_common(name, now))


def _step(value: float) -> float:
    """A step one digit finer than the value: 0.003 moves by 0.0005."""
    if value <= 0:
        return 0.1
    power = 10.0 ** (len(f"{value:.0e}".split("e")[0]) - 1)
    exponent = int(f"{value:.0e}".split("e")[1])
    return float(power * 10.0**exponent / 2)


def _control(now: Screen, name: str, value: Any) -> None:
    """The widget shows what the URL says; untouched where it does already, so that nobody's typing is lost."""
    key = widget(name)
    if key not in st.session_state or json.dumps(st.session_state[key]) != json.dumps(value):
        st.session_state[key] = value


def _label(name: str, now: Screen) -> str:
    title = {"temperature": _("temperature T"), "teacher_weight": _("weight on teacher")}.get(
        name, _(name.replace("_", " "))
    )
    title = title[:1].upper() + title[1:]
    return f"{title} :primary-badge[{_('live')}]" if name in HOT_FIELDS and now.steers else title


def _common(name: str, now: Screen) -> dict[str, Any]:
    help_ = _(FLAT_FIELDS[name].help) + (" " + _(LIVE) if name in HOT_FIELDS else "")
    return {"key": widget(name), "help": help_, "on_change": edit, "args": (name,), "disabled": now.watching}
