"""The widget of one field of the experiment, made from its type, its bounds and its line of help."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from dashboard.components.recipe_edits import edit, value_of
from dashboard.components.refused_values import refused_value, say_refused
from dashboard.data import dataset_choices, fault_cards, method_cards
from dashboard.data.screen import Screen
from dashboard.session import widget
from dashboard.text.field_labels import field_title
from dashboard.text.translation import _, together
from dashboard.url.widget_values import sync_widget
from kdcore.experiment import FLAT_FIELDS, HOT_FIELDS
from kdcore.texts import N_

HOT_HELP = N_(
    "It can be changed while a run trains; a change made while the teacher is trained acts when the students begin."
)
LOCKED_HELP = N_("Your lecturer has locked it for the class.")
UNUSED_HELP = N_("The chosen method does not use it.")


def field_widget(screen: Screen, name: str) -> None:
    """Draw the widget that the field's type and bounds ask for; the method has a picker of its own.

    What the class does not show is not drawn.
    """
    if name in screen.locks.hidden:
        return
    entry = FLAT_FIELDS[name]
    kinds = get_args(entry.info.annotation) or (entry.info.annotation,)
    if name == "omit":
        classes = dataset_choices.class_names(screen.draft)
        arguments = field_arguments(screen, name, "default")
        st.multiselect(
            options=range(len(classes)),
            format_func=classes.__getitem__,
            placeholder=_("none"),
            **arguments,
        )
        if screen.draft.omit:
            st.caption(_("After the run, Dark knowledge shows what each network makes of it."))
    elif name == "fault":
        offered = fault_cards.choices(screen.draft.fault)
        select_field(screen, name, offered, format_func=fault_cards.title)
    elif entry.choices:
        select_field(screen, name, entry.choices, format_func=_)
    elif bool in kinds:
        st.toggle(**field_arguments(screen, name))
    elif float in kinds and (entry.bound("ge"), entry.bound("le")) == (0, 1):
        st.slider(min_value=0.0, max_value=1.0, step=0.05, format="%g", **field_arguments(screen, name))
    elif int in kinds or float in kinds:
        _number_input(screen, name, int if int in kinds else float, optional=type(None) in kinds)
    else:
        st.text_input(**field_arguments(screen, name))
    say_refused(refused_value(widget(name), value_of(screen.draft, name)))


def _number_input(screen: Screen, name: str, kind: type[int] | type[float], *, optional: bool) -> None:
    arguments = field_arguments(screen, name) | {"step": 1, "format": "%d"}
    if kind is float:
        arguments |= {"step": _step(screen.draft.value(name)), "format": "%g"}
    if optional:  # an emptied field goes back to the value that it began with: this one must stay empty
        arguments |= {"value": None, "placeholder": _("all")}
    st.number_input(**arguments)


def _step(value: float) -> float:
    """Half the power of ten below the value: 0.003 moves by 0.0005."""
    return 10.0 ** math.floor(math.log10(value)) / 2 if value > 0 else 0.1


def select_field(screen: Screen, name: str, options: Sequence[str], **more: Any) -> None:
    """Draw the widget of a field whose value is one of these, unless the class does not show it."""
    if name in screen.locks.hidden:
        return
    arguments = field_arguments(screen, name)
    index = list(options).index(arguments.pop("value"))
    st.selectbox(options=options, index=index, **more, **arguments)


def field_arguments(screen: Screen, name: str, first: str = "value") -> dict[str, Any]:
    """The arguments of a field's widget: its label and help, its state as the URL says, and what handles an edit.

    first: the name of the argument by which that kind of widget takes its first value.
    """
    key, help_ = widget(name), _(FLAT_FIELDS[name].help)
    value = value_of(screen.draft, name)
    refused = refused_value(key, value)
    value = sync_widget(key, refused.typed if refused else value)
    unused, label = method_cards.unused(screen.draft, name), field_title(name)
    if name in screen.varied:
        label = f"{label} · {_('varied')}"  # in words alone: a screen reader would spell out a badge's markup
    elif name in screen.locks.fields:
        label, help_ = f"{label} · {_('locked')}", together([help_, _(LOCKED_HELP)])
    elif unused:
        help_ = together([help_, _(UNUSED_HELP)])
    elif name in HOT_FIELDS:
        help_ = together([help_, _(HOT_HELP)])
        if screen.steers:
            label = f"{label} · {_('live')}"
    return {
        "label": label,
        first: value,
        "key": key,
        "help": help_,
        "on_change": edit,
        "args": (name,),
        "disabled": screen.watching or unused or name in (*screen.varied, *screen.locks.fields),
    }
