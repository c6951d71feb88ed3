"""The Train page: choose a recipe, press Train, and watch teacher, twin and student learn."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.changed_settings import changed_settings
from dashboard.components.code_panel import code_panel
from dashboard.components.equal_run import equal_run_offer, offer_instead
from dashboard.components.error_boundary import errors_as_notices, errors_in_place
from dashboard.components.find_the_fault import find_the_fault
from dashboard.components.invitation import invitation
from dashboard.components.omitted_link import omitted_link
from dashboard.components.page_frame import draw_page
from dashboard.components.recipe import recipe, unknown_group
from dashboard.components.recipe_edits import refused_fields, waits_for
from dashboard.components.result_tables import size_table
from dashboard.components.run_controls import run_controls
from dashboard.components.run_view import (
    loss_and_gradients,
    pinned_soft_targets,
    preview,
    run_overview,
    run_results,
    trained_on_validation_note,
    verdict_line,
)
from dashboard.components.slow_start import slow_start_button
from dashboard.components.tooltip import tooltip_below
from dashboard.components.waiting_list import waiting_list
from dashboard.data import (
    experiment_checks,
    method_cards,
    network_choices,
    run_curves,
    run_manager,
    sweep_link,
    time_estimate,
)
from dashboard.data.experiment_file import read_experiment
from dashboard.data.ghost_results import left_behind, refused_parameters
from dashboard.data.page_state import is_going_on, page_state
from dashboard.data.prefetch import expect_run
from dashboard.data.preset_choices import presets_at_hand
from dashboard.data.riddle_run import begin_sound_run
from dashboard.data.screen import Screen, is_watching, read_screen
from dashboard.data.start_run import start_run
from dashboard.pages import SWEEP, page_at
from dashboard.session import Key, take_notices
from dashboard.text.numbers import duration, roughly
from dashboard.text.roles import TEACHER
from dashboard.text.translation import _, plain, together, told
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from dashboard.url.query_parameters import unknown
from dashboard.url.widget_values import read_choice, write_choice
from kdcore.errors import InvalidExperiment
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS, preset
from kdcore.texts import N_

LEFT, RIGHT = 1.0, 3.2
FORMS = {"raw": N_("each term by itself"), "scaled": N_("as it enters the sum")}


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    if screen.run is not None and screen.run.has_members:
        st.switch_page(page_at(SWEEP), query_params=sweep_link.link_to_sweep(screen.run))
    invitation(screen)
    _presets(screen)
    with st.container(key="start"):
        left, right = st.columns([LEFT, RIGHT])
    refused = refused_fields(screen)
    with left:
        _train_button(screen, waits=bool(refused))
        slow_start_button(screen, waits=bool(refused))
    status = right.container(key="status")
    with right:
        equal_run_offer(screen)
        changed_settings(screen)
        waiting_list(screen.owner)
    with st.container(key="messages"):
        link = [*unknown(Param.FORM, FORMS, _(FORMS["scaled"])), *unknown_group(), *refused_parameters()]
        if sentences := [*screen.problems, *link, *take_notices()]:
            st.warning("\n\n".join(map(plain, sentences)))
        if refused:
            st.error(plain(waits_for(refused)))
    with st.container(key="below"):
        side, main = st.columns([LEFT, RIGHT], gap="medium")
    with side:
        _hints(screen)
        recipe(screen)
        _upload_experiment()
    with main:
        code_panel(screen.draft)
        find_the_fault(screen)
        if screen.run is None:
            _preview(screen, status)
        else:
            with errors_in_place():
                _run_view(screen.run, status)


def _run_view(run: Run, status: DeltaGenerator) -> None:
    """The run that is shown. While it goes on, this draws the frame: what moves comes by its stream."""
    curves, going_on = run_curves.curves(run), is_going_on(run)
    with status:
        if asked := next((one for one in PRESETS if one.experiment == run.experiment), None):
            st.markdown(_(asked.shows))
        run_controls(run, is_watching(run), page_state(run, curves))
        if not going_on:
            omitted_link(run)
            verdict_line(run, curves)
    if run.error:
        st.error(plain(told(run.error)))
    trained_on_validation_note(run.experiment)
    run_overview(run, curves, steers=not is_watching(run))
    if not going_on:
        run_results(run, curves, own=not is_watching(run))
    _loss_and_gradients(run)
    pinned_soft_targets(run, curves)


@st.fragment
def _loss_and_gradients(run: Run) -> None:
    """A fragment: who chooses another form has only these charts drawn anew, the one thing that a class that watches can ask for."""
    with errors_in_place():
        loss_and_gradients(run, run_curves.curves(run), _form_choice())


def _form_choice() -> str:
    """Whether loss terms are drawn raw or as they enter the sum."""
    form = read_choice(Param.FORM, Key.FORM, FORMS, "scaled")
    st.segmented_control(
        _("Loss terms"),
        list(FORMS),
        default=form,
        format_func=lambda name: _(FORMS[name]),
        key=Key.FORM,
        on_change=write_choice,
        args=(Param.FORM, Key.FORM, "scaled"),
        required=True,
        label_visibility="collapsed",
    )
    return form or "scaled"


# ---------------------------------------------------------------------------------------------- what is pressed


def choose_preset(name: str) -> None:
    """A preset was pressed: its recipe is filled in; nothing starts."""
    with errors_as_notices():
        read_screen()
        experiment = preset(name).experiment
        write_recipe(experiment, experiment, preset=name, run=None, ghost=None)


def start_training() -> None:
    """Train was pressed: a run of its own begins, unless this browser has one that would come out the same."""
    with errors_as_notices():
        screen = read_screen()
        if refused := refused_fields(screen):
            raise InvalidExperiment(waits_for(refused))
        experiment_checks.check(screen.draft)
        if equal := run_manager.manager().equal_run(screen.draft.hash, screen.owner):
            offer_instead(equal)
            return
        title = next((one.title for one in PRESETS if one.experiment == screen.draft), "")
        run = start_run(screen.draft, screen.owner, title=title)
        begin_sound_run(run.experiment, screen.owner)
        ghost = left_behind(screen)
        write_recipe(run.experiment, run.experiment, run=run.id, preset=None, of=None, ghost=ghost)


def load_experiment() -> None:
    """An experiment's file was uploaded: its recipe is filled in; nothing starts."""
    with errors_as_notices():
        read_screen()
        uploaded = st.session_state[Key.EXPERIMENT]
        if uploaded is not None:
            experiment = read_experiment(uploaded.getvalue())
            write_recipe(experiment, PRESETS[0].experiment, run=None, preset=None)


def copy_recipe() -> None:
    """The shown run's recipe becomes this browser's own, not started."""
    with errors_as_notices():
        shared = read_screen().steered
        write_recipe(shared.experiment, PRESETS[0].experiment, run=None, preset=None, ghost=shared.id)


def show_run(run_id: str) -> None:
    """Another run is shown."""
    with errors_as_notices():
        read_screen()
        base = run_manager.manager().run(run_id).experiment
        write_recipe(base, base, run=run_id, preset=None, of=None)


# ---------------------------------------------------------------------------------------------- beside and before


def _presets(screen: Screen) -> None:
    if not screen.locks.presets:
        return
    with st.container(horizontal=True, key="presets"):
        chosen = next((one for one in PRESETS if one.experiment == screen.draft), screen.preset)
        for one in presets_at_hand(chosen):
            st.button(
                _(one.title),
                key=f"preset.{one.name}",
                icon=":material/check:" if one.experiment == screen.draft else None,
                help=None if one.experiment == screen.draft else tooltip_below(_(one.shows)),
                on_click=choose_preset,
                args=(one.name,),
                disabled=screen.watching,
            )


def _train_button(screen: Screen, *, waits: bool) -> None:
    st.button(
        _("Train"),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=start_training,
        key="train",
        disabled=screen.watching or waits,
    )


def _hints(screen: Screen) -> None:
    """What the reader should know of the recipe before pressing Train again."""
    if screen.watching:
        st.caption(_("You are watching another browser's run; its settings cannot be changed from here."))
        st.button(
            _("Make a copy of my own"),
            key="copy",
            on_click=copy_recipe,
            width="stretch",
            icon=":material/content_copy:",
        )
        return
    finished = run_manager.manager().finished_twin_of(screen.draft)
    if finished is not None and (screen.run is None or finished.id != screen.run.id):
        st.button(
            _("Show the finished run"),
            key="beside",
            help=_("A run of this very recipe has finished before."),
            on_click=show_run,
            args=(finished.id,),
            width="stretch",
            icon=":material/history:",
        )


def _upload_experiment() -> None:
    """Where an experiment is loaded that was downloaded as JSON, from here or from the shell."""
    with st.popover(_("Load an experiment"), icon=":material/upload:", width="stretch", key="load"):
        st.file_uploader(
            _("An experiment's JSON, as downloaded at a run's end"), type=["json"], key=Key.EXPERIMENT, on_change=load_experiment
        )  # fmt: skip


def _preview(screen: Screen, status: DeltaGenerator) -> None:
    """Before a run: what the recipe asks, how long it takes, and the frame that the curves will fill."""
    if refused := experiment_checks.refusal(screen.draft):
        status.warning(told(refused))
        return
    chosen = next((one for one in PRESETS if one.experiment == screen.draft), None)
    asks = method_cards.asks_teacher(screen.draft)
    draws = (
        _("Press Train, and teacher, twin and student are drawn here as they learn.")
        if asks
        else _("Press Train, and twin and student are drawn here as they learn.")
    )
    sentences = [_(chosen.shows) if chosen else draws]
    if seconds := time_estimate.seconds(screen.draft):
        sentences.append(
            _("About {time} on this machine while nothing else runs.").format(time=duration(roughly(seconds)))
        )
    status.markdown(together(sentences))
    expect_run(screen.draft, screen.owner)
    trained_on_validation_note(screen.draft)
    preview(run_curves.curves_before(screen.draft), screen.draft)
    if facts := network_choices.sizes(screen.draft):
        st.html(size_table({who: fact for who, fact in facts.items() if asks or who != TEACHER.name}))
