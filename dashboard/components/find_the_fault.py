"""Find the fault: a run with a riddle beside a sound one, the learner's answer, and then the lines that differ."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from dashboard.charts.run_overlay import overlay_frame, overlay_spec
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.html_table import html_table
from dashboard.components.live_run import live_address, live_state
from dashboard.components.style import theme
from dashboard.data import fault_cards, run_curves, run_manager, torch_imports
from dashboard.data.compared_runs import ComparedRun
from dashboard.data.page_state import is_going_on
from dashboard.data.riddle_run import Symptom, answer, begin_sound_run, is_riddle, sound_run, symptoms
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key
from dashboard.text.translation import _, plain, together
from dashboard.url.permalink import write_recipe
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run

if TYPE_CHECKING:
    from kdcore.faults.contract import Fault

NOTHING = ""
"""Named by whoever thinks that the run is sound."""


def find_the_fault(screen: Screen) -> None:
    """Draw the riddle's part of the page; nothing where the run, or the recipe before a run, has none."""
    experiment = screen.run.experiment if screen.run else screen.draft
    if not is_riddle(experiment):
        return
    with st.container(border=True, key="riddle"):
        st.markdown(f"**{_('Find the fault')}** · {plain(fault_cards.title(experiment.fault))}")
        st.caption(
            _(
                "This run has one of the mistakes below, or none. Press Train to train it, and a sound run beside it. Change T and the weight "
                "and train again, as often as you like. Then name it."
            )
        )
        if screen.run is not None and not is_going_on(screen.run):
            _beside(screen.run, may_begin=screen.mine)
        if screen.run is not None:
            _naming(screen.run.experiment)


def _beside(riddle: Run, *, may_begin: bool) -> None:
    """Both runs' curves and figures; where there is no sound run yet, how to have one."""
    sound = sound_run(riddle.experiment)
    if sound is None:
        st.button(
            _("Train the sound run"), key="train_sound", on_click=train_sound_run, disabled=not may_begin
        )
    elif is_going_on(sound):
        st.caption(_("The sound run is being trained, or waits for its turn."))
        live_state("sound_end", live_address(sound.id), None)
    else:
        _overlay(riddle, sound)
        _figures(riddle, sound)


def train_sound_run() -> None:
    """Train the sound run was pressed."""
    with errors_as_notices():
        screen = read_screen()
        begin_sound_run(screen.steered.experiment, screen.owner)


def _overlay(riddle: Run, sound: Run) -> None:
    names = (fault_cards.title(riddle.experiment.fault), _("sound"))
    shown = [
        ComparedRun(letter, name, run, place)
        for place, (letter, name, run) in enumerate(zip("AB", names, (riddle, sound), strict=True))
    ]
    frame = overlay_frame(shown, [run_curves.errors(one.run) for one in shown])
    alt = _(
        "Validation error of student and twin against epoch, of the run with the riddle and of the sound run"
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with st.container(key="riddle_overlay"):
        st.vega_lite_chart(table, overlay_spec(theme()), key="riddle_vega", width="stretch", alt=alt)
    st.button(
        _("Open the sound run"),
        key="open_sound",
        icon=":material/arrow_forward:",
        on_click=open_run,
        args=(sound.id,),
    )


def open_run(run_id: str) -> None:
    """Open the sound run was pressed."""
    with errors_as_notices():
        read_screen()
        base = run_manager.manager().run(run_id).experiment
        write_recipe(base, base, run=run_id, preset=None, of=None)


def _figures(riddle: Run, sound: Run) -> None:
    moving, measured = symptoms(riddle, sound, run_curves.curves)
    runs = [fault_cards.title(riddle.experiment.fault), _("sound")]
    left, right = st.columns(2)
    left.html(html_table([_("from the start to the end"), *runs], _rows(moving)))
    right.html(html_table([_("at the end"), *runs], _rows(measured)))


def _rows(found: Sequence[Symptom]) -> list[list[str]]:
    """What neither run has is left out."""
    return [
        [escape(_(one.title)), *(" → ".join(map(_number, values)) for values in one.values)]
        for one in found
        if any(value is not None for values in one.values for value in values)
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


# ---------------------------------------------------------------------------------------------- the answer


def _naming(experiment: Experiment) -> None:
    """The question; once something was named, the answer."""
    named = st.session_state.get(Key.NAMED_FAULTS, {})
    if experiment.fault in named:
        _answer(experiment, *named[experiment.fault])
        return
    options = [*fault_cards.cards(), NOTHING]
    st.selectbox(
        _("Which mistake is it?"),
        options,
        index=None,
        format_func=lambda name: fault_cards.title(name) if name else _("None: this run is sound"),
        placeholder=_("Choose your answer"),
        key=Key.NAMED_FAULT,
    )
    st.text_area(_("Why? What have you seen?"), key=Key.NAMED_WHY, height=80)
    st.button(_("Name it"), key="name_it", on_click=name_fault, args=(experiment.fault,))


def name_fault(riddle: str) -> None:
    """Name it was pressed: from now on the answer is shown in this session."""
    with errors_as_notices():
        chosen = st.session_state.get(Key.NAMED_FAULT)
        if chosen is not None:
            named = st.session_state.setdefault(Key.NAMED_FAULTS, {})
            named[riddle] = (chosen, st.session_state.get(Key.NAMED_WHY, ""))


def _answer(experiment: Experiment, guess: str, why: str) -> None:
    if not torch_imports.warm():
        st.caption(_("The answer is being looked up."))
        return
    hidden = answer(experiment)
    right = guess == (NOTHING if hidden is None else hidden.CARD.name)
    what = (
        _("This run is sound.") if hidden is None else _("It is: {fault}.").format(fault=_(hidden.CARD.title))
    )
    said = fault_cards.title(guess) if guess else _("None: this run is sound")
    with st.container(key="riddle_answer"):
        st.markdown(f"**{_('Right.') if right else _('No.')}** {what}")
        st.markdown(plain(_("You named: {guess}. {why}").format(guess=said, why=why)))
        if hidden is not None:
            _card(hidden)


def _card(hidden: Fault) -> None:
    """What is wrong, the lines that differ, and what would have caught it."""
    from kdcore.faults.source import difference, invariant

    card = hidden.CARD
    st.markdown(plain(together([_(card.wrong), _(card.shows)])))
    st.code(difference(hidden), language="diff", wrap_lines=True)
    st.caption(_("Lines that begin with - are the mistake, those with + what mends it."))
    st.markdown(plain(_("What would have caught it: {invariant}").format(invariant=_(card.caught_by))))
    st.code(invariant(hidden), language="python", wrap_lines=True)
    st.caption(plain(_("Seen in: {source}").format(source=_(card.met))))
