"""The recipe on the left: five controls, and every other field of the experiment under "more", made from its fields.

A field that is added to the experiment appears by itself, in its group, with its bounds and its line of help.
"""

from __future__ import annotations

import streamlit as st

from dashboard.components.dialog import draw_page_anew
from dashboard.components.field_widget import field_arguments, field_widget, select_field
from dashboard.components.hot_change import hot_change
from dashboard.components.method_picker import method_picker
from dashboard.components.own_pictures_dialog import own_pictures_button
from dashboard.components.own_teacher import own_teacher
from dashboard.components.refused_values import refused_value, say_refused
from dashboard.components.riddle_button import riddle_button
from dashboard.components.starting_note import starting_note
from dashboard.components.step_note import few_steps_hint, steps_beside_budget
from dashboard.data import (
    dataset_choices,
    method_cards,
    network_choices,
    torch_imports,
    trained_teachers,
)
from dashboard.data.screen import Screen
from dashboard.session import Key, widget
from dashboard.text.numbers import grouped, large, size_of
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import unknown
from dashboard.url.widget_values import read_choice, write_choice
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.texts import N_

TEMPERATURES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0)
MAIN = ("dataset", "teacher", "student", "temperature", "teacher_weight")
TEACHERS_TRAINING = N_("teacher's training")


def recipe(screen: Screen) -> None:
    """Draw the column: the five controls, then the groups under "more"."""
    if not torch_imports.warm():
        st.fragment(_wait_for_figures, run_every=1.0)()
    _dataset(screen)
    _network(screen, "teacher", network_choices.teacher_choices(screen.draft), _teacher_facts(screen.draft))
    own_teacher(screen)
    _network(
        screen,
        "student",
        network_choices.student_choices(screen.draft),
        _network_facts(screen.draft.student, screen.draft),
    )
    starting_note(screen)
    if st.query_params.get(Param.MORE) != "budget":  # else the same is said there
        few_steps_hint(screen)
    _temperature(screen)
    field_widget(screen, "teacher_weight")
    if screen.steers and screen.run is not None:
        hot_change(screen.run)
    _more(screen)


def _wait_for_figures() -> None:
    """Redraw the page when the networks' figures are known, a few seconds after the server has started."""
    if torch_imports.warm():
        draw_page_anew()


def _dataset(screen: Screen) -> None:
    if "dataset" in screen.locks.hidden:
        return
    names = dataset_choices.dataset_names(screen.draft.dataset)
    select_field(screen, "dataset", names, format_func=dataset_choices.dataset_title)
    if why := dataset_choices.dataset_missing(screen.draft.dataset):
        st.caption(why)
    own_pictures_button(screen)


def _network(screen: Screen, name: str, choices: list[str], facts: str) -> None:
    if name in screen.locks.hidden:
        return
    refused = refused_value(widget(name), screen.draft.value(name))
    chosen = refused.typed if refused else screen.draft.value(name)
    select_field(
        screen,
        name,
        choices if chosen in choices else [chosen, *choices],
        format_func=network_choices.network_title,
        accept_new_options=True,  # perceptrons of any size are networks too
    )
    say_refused(refused)
    if facts and not refused:
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
    counts = {name: grouped(n) for name, n in card.validation.items()} if card.validation else {}
    wrong = _("{errors} of {images} wrong on validation").format(**counts) if counts else ""
    if card.is_oracle:
        return " · ".join(filter(None, [_("the probabilities that the labels were drawn from"), wrong]))
    if card.is_recorded:
        return " · ".join(filter(None, [_("recorded answers, looked up image by image"), wrong]))
    facts = _network_facts(network_choices.network_of(card), draft) if not card.is_onnx else _("an ONNX file")
    return " · ".join(filter(None, [facts, _("already trained"), wrong]))


def _network_facts(name: str, draft: Experiment) -> str:
    facts = network_choices.describe(name, draft)
    if facts is None:
        return ""
    template = _("{parameters} parameters · {macs} multiply-adds (MACs) · {size}")
    return template.format(
        parameters=large(facts.parameters), macs=large(facts.macs), size=size_of(facts.bytes)
    )


def _temperature(screen: Screen) -> None:
    """T on a ladder of values in even visual steps; a T from a link gets a rung of its own."""
    if "temperature" in screen.locks.hidden:
        return
    rungs = sorted({*TEMPERATURES, screen.draft.temperature})
    st.select_slider(options=rungs, format_func="{:g}".format, **field_arguments(screen, "temperature"))


def _more(screen: Screen) -> None:
    offered = _shown_groups(screen)
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
    if chosen is None and not screen.draft.omit and not screen.watching and "omit" not in screen.locks.fields:
        st.caption(
            _("To leave a class out of the training: transfer set (the images that students train on), Omit.")
        )
    for name in offered.get(chosen or "", ()):
        method_picker(screen) if name == "method" else field_widget(screen, name)
    if chosen == "budget":
        steps_beside_budget(screen)
    if chosen == "fault" and not screen.varied and "fault" not in screen.locks.fields:
        riddle_button(screen)


def _shown_groups(screen: Screen) -> dict[str, list[str]]:
    """The groups without what the class does not show."""
    shown = {
        group: [name for name in names if name not in screen.locks.hidden]
        for group, names in field_groups().items()
    }
    return {group: names for group, names in shown.items() if names}


def unknown_group() -> list[str]:
    """The sentence for a link that opens a group which is none."""
    return unknown(Param.MORE, field_groups(), _("none of the groups"))


def field_groups() -> dict[str, list[str]]:
    """The fields under "more" by group, in the experiment's order, the method first."""
    by_group: dict[str, list[str]] = {"method": ["method"]}
    for name, entry in FLAT_FIELDS.items():
        if name not in (*MAIN, "method", "parameters"):
            group = TEACHERS_TRAINING if entry.path[0] == "teacher_recipe" else entry.group
            by_group.setdefault(group, []).append(name)
    return by_group
