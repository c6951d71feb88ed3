"""The sweep's form: the varied fields with their values as they are typed, the seeds, and how settings are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.recipe_edits import refused_fields
from dashboard.components.refused_values import refused_value, whole_number
from dashboard.data import dataset_choices, sweep_link
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key
from dashboard.text.field_labels import field_title
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, ngettext, plain, together, told
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.url.widget_values import is_echo, sync_widget, write_choice
from kdcore.errors import InvalidExperiment
from kdcore.studies.sweep import MOST_MEMBERS, MOST_SEEDS, Sweep
from kdcore.studies.sweep_values import values_of
from kdcore.texts import N_

SLOTS = 2
"""Fields that can be varied on the page; a link may hold more."""
SAMPLERS = {"grid": N_("all"), "random": N_("random"), "bayesian": N_("Bayesian")}
SAMPLING = N_(
    "All combinations; or settings drawn between the smallest and the largest of the values: at random, or by Optuna from what was found before, where settings that fall behind on validation leave early."
)


@dataclass(frozen=True)
class Slot:
    """A place for a varied field: its name, empty where nothing is varied, and its values as text."""

    field: str = ""
    values: str = ""


@dataclass(frozen=True)
class RefusedValues:
    """Values that were typed and cannot be taken.

    Attributes:
        slot: the field with the link's values, which count until the typed ones are mended.
        typed: what stands in the text field.
        why: the reason, a sentence.
    """

    slot: Slot
    typed: str
    why: str


def sweep_form(sweep: Sweep) -> None:
    """Draw the form: a field and its values, perhaps a second one, the seeds, the sampler, and how many students that makes."""
    for place, slot in enumerate(slots := slots_of(sweep)):
        taken = [other.field for other in slots if other.field and other != slot]
        _slot(place, slot, taken)
    whole_number(
        _("Seeds"),
        1,
        MOST_SEEDS,
        sweep.seeds,
        key=Key.SEEDS,
        take=take_seeds,
        help=_(
            "Each setting is trained once per seed: with other initial weights, other batches and other images in the transfer set."
        ),
    )
    _sampler(sweep)
    settings = sweep.size // sweep.seeds
    st.caption(
        _("{settings} × {seeds}: {students}").format(
            settings=ngettext("{n} setting", "{n} settings", settings).format(n=settings),
            seeds=ngettext("{n} seed", "{n} seeds", sweep.seeds).format(n=sweep.seeds),
            students=ngettext("{n} student", "{n} students", sweep.size).format(n=sweep.size),
        )
    )
    if images := _images(sweep):
        st.caption(images)


def slots_of(sweep: Sweep) -> list[Slot]:
    """The varied fields with their values as text, and empty slots where fewer are varied than the page offers."""
    slots = [Slot(name, sweep_link.values_text(values)) for name, values in sweep.vary.items()]
    return [*slots, *[Slot()] * (SLOTS - len(slots))]


def refused_settings(screen: Screen, sweep: Sweep) -> list[str]:
    """What was typed on this page and cannot be taken, by the labels of the fields; the sweep waits for it."""
    placed = [
        refused.slot.field
        for place, slot in enumerate(slots_of(sweep))
        if (refused := _refused(place, slot)) is not None
    ]
    labels = [field_title(name) for name in [*placed, *refused_fields(screen)]]
    labels += [_("Seeds")] if refused_value(Key.SEEDS, sweep.seeds) else []
    return labels + ([_("How many settings")] if refused_value(Key.TRIALS, sweep.trials) else [])


# ---------------------------------------------------------------------------------------------- varied fields


def _slot(place: int, slot: Slot, taken: Sequence[str]) -> None:
    """The choice of a field and, where one is chosen, its values."""
    offered = [field for field in sweep_link.offered_fields() if field not in taken]
    missing = [slot.field] if slot.field and slot.field not in offered else []
    offered = [*([""] if place else []), *missing, *offered]
    key = _key(place, "field")
    st.selectbox(
        _("and") if place else _("Vary"),
        offered,
        offered.index(sync_widget(key, slot.field)),
        key=key,
        format_func=lambda field: field_title(field) if field else _("nothing else"),
        on_change=_change_field,
        args=(place,),
    )
    if slot.field:
        _values(place, slot)


def _values(place: int, slot: Slot) -> None:
    """The field's values as text; of those that cannot be taken, what was typed, with the reason below."""
    refused, key = _refused(place, slot), _key(place, "values")
    st.text_input(
        _("Values"),
        sync_widget(key, refused.typed if refused else slot.values),
        key=key,
        on_change=_change_values,
        args=(place,),
        label_visibility="collapsed",
        help=_("With commas between them: 1,2,4. A range of whole numbers: 1..20."),
    )
    if refused:
        until = _("The sweep stays as it was, with {values}.").format(values=slot.values)
        st.error(plain(together([refused.why, until])))


def _change_field(place: int) -> None:
    """Another field was chosen: its usual values come with it."""
    key = _key(place, "field")
    if is_echo(key):
        return
    with errors_as_notices():
        screen = read_screen()
        slots, field = slots_of(_sweep(screen)), st.session_state[key]
        st.session_state.pop(Key.REFUSED_VALUES, None)
        slots[place] = Slot(field, sweep_link.suggested_values(field, screen.draft)) if field else Slot()
        _write_vary(slots)


def _change_values(place: int) -> None:
    """Values were typed: those that cannot be taken stay in the field, with the reason."""
    key = _key(place, "values")
    if is_echo(key):
        return
    with errors_as_notices():
        screen, typed = read_screen(), st.session_state[key]
        slots = slots_of(_sweep(screen))
        slot = slots[place]
        slots[place] = Slot(slot.field, typed)
        refused = st.session_state.setdefault(Key.REFUSED_VALUES, {})
        refused.pop(place, None)
        try:
            values_of(slot.field, typed)
            Sweep.read({"base": screen.draft, "vary": sweep_link.read_vary(_vary_text(slots))})
        except InvalidExperiment as error:
            refused[place] = RefusedValues(slot, typed, _with_label(slot.field, told(error)))
        else:
            _write_vary(slots)


def _refused(place: int, slot: Slot) -> RefusedValues | None:
    """What was typed here in place of the link's values; None once the link has others."""
    refused: RefusedValues | None = st.session_state.get(Key.REFUSED_VALUES, {}).get(place)
    return refused if refused and refused.slot == slot else None


def _with_label(field: str, why: str) -> str:
    """A complaint that begins with a field's name, begun with its label."""
    return field_title(field) + why.removeprefix(field) if why.startswith(field) else why


def _sweep(screen: Screen) -> Sweep:
    return sweep_link.read_sweep(st.query_params.to_dict(), screen.draft, [])


def _write_vary(slots: Sequence[Slot]) -> None:
    vary = _vary_text(slots)
    set_parameters(vary=None if vary in ("", sweep_link.DEFAULT_VARY) else vary)


def _vary_text(slots: Sequence[Slot]) -> str:
    """The slots as the link's parameter; of two with one field the last counts."""
    by_field = {slot.field: slot.values.replace(" ", "") for slot in slots if slot.field}
    return ";".join(f"{field}:{values}" for field, values in by_field.items())


def _key(place: int, part: str) -> str:
    return f"{Key.VARIED}.{place}.{part}"


# ---------------------------------------------------------------------------------------------- seeds and sampler


def _sampler(sweep: Sweep) -> None:
    """How the settings are found, and how many where they are drawn."""
    st.segmented_control(
        _("Settings"),
        list(SAMPLERS),
        default=sync_widget(Key.SAMPLER, sweep.sampler),
        key=Key.SAMPLER,
        format_func=lambda name: _(SAMPLERS[name]),
        on_change=write_choice,
        args=(Param.SAMPLER, Key.SAMPLER, "grid"),
        required=True,
        help=_(SAMPLING),
    )
    if sweep.sampler != "grid":
        whole_number(_("How many settings"), 1, MOST_MEMBERS, sweep.trials, key=Key.TRIALS, take=_take_trials)


def take_seeds(seeds: int) -> None:
    """Ask for so many seeds; nothing starts."""
    set_parameters(seeds=None if seeds == sweep_link.DEFAULT_SEEDS else str(seeds))


def _take_trials(trials: int) -> None:
    set_parameters(trials=None if trials == sweep_link.DEFAULT_TRIALS else str(trials))


def _images(sweep: Sweep) -> str:
    """On how many of the dataset's images each student is trained; empty where on all, or where that is what is varied."""
    base, entry = sweep.base, dataset_choices.dataset(sweep.base.dataset)
    if entry is None or not entry.images or {"dataset", "count", "fraction"} & {*sweep.vary}:
        return ""
    total = grouped(entry.images)
    if base.count is not None:
        sentence = _("Each student is trained on {n} of {all} images.")
        return sentence.format(n=grouped(min(base.count, entry.images)), all=total)
    if base.fraction < 1:
        sentence = _("Each student is trained on {share} % of {all} images.")
        return sentence.format(share=f"{100 * base.fraction:g}", all=total)
    return ""
