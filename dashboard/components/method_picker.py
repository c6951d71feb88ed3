"""The choice of a method: what it does, its formula and diagram, and its own settings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.field_widget import select_field
from dashboard.components.method_diagram import draw_method_diagram
from dashboard.components.recipe_edits import edit_parameter
from dashboard.components.refused_values import refused_value, say_refused
from dashboard.data import method_cards
from dashboard.data.screen import Screen
from dashboard.session import widget
from dashboard.text.field_labels import field_title
from dashboard.text.translation import _, plain, together, told
from dashboard.url.widget_values import sync_widget
from kdcore import plugins
from kdcore.plan import Parameter


def method_picker(screen: Screen) -> None:
    """Draw the methods by what they transfer, the chosen one's text, diagram and formula, and its own settings."""
    cards, chosen = method_cards.cards(), screen.draft.method
    offered = [
        name
        for name in method_cards.methods_by_transfer()
        if not screen.locks.methods or name in screen.locks.methods
    ]

    def title(name: str) -> str:
        return f"{_(cards[name].title)} · {_(cards[name].transfers)}" if name in cards else name

    select_field(screen, "method", offered if chosen in offered else [chosen, *offered], format_func=title)
    if chosen not in cards:
        return
    card = cards[chosen]
    st.caption(_(card.what))
    draw_method_diagram(chosen, screen.draft.parameters)
    st.container(key="formula").latex(card.formula)
    st.caption(_(card.citation))
    for sentence in plugins.problems():
        st.caption(plain(told(sentence)))
    for parameter in card.parameters:
        _parameter_widget(screen, parameter)


def _parameter_widget(screen: Screen, parameter: Parameter) -> None:
    """The widget of a method's own setting: a number, or one of its choices."""
    key = widget(f"parameters.{parameter.name}")
    value = float(screen.draft.parameters.get(parameter.name, parameter.default))
    arguments: dict[str, Any] = {
        "key": key,
        "help": together([_(parameter.help), _(parameter.source)]),
        "on_change": edit_parameter,
        "args": (parameter.name, float(parameter.low), float(parameter.high)),
        "disabled": screen.watching or "parameters" in screen.locks.fields,
    }
    if parameter.choices:
        index = sync_widget(key, int(value))
        names = [_(choice) for choice in parameter.choices]
        st.selectbox(field_title(parameter.name), range(len(names)), index, names.__getitem__, **arguments)
        return
    refused = refused_value(key, screen.draft.parameters.get(parameter.name))
    shown = sync_widget(key, refused.typed if refused else value)
    st.number_input(field_title(parameter.name), value=shown, step=0.05, format="%g", **arguments)
    say_refused(refused)
