"""The Train page: choose a recipe, press Train, and watch teacher, twin and student learn."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.error_boundary import errors_as_notices, errors_in_place
from dashboard.components.page_frame import draw_page
from dashboard.components.recipe import recipe
from dashboard.components.result_tables import size_table
from dashboard.components.run_controls import controls
from dashboard.components.run_view import ending, inside, overview, pinned, takes
from dashboard.data import (
    experiment_checks,
    method_cards,
    network_choices,
    run_curves,
    run_manager,
    sweeps,
    time_estimate,
    viewer_load,
)
from dashboard.data.screen import Screen, is_at_teacher, is_watching, screen
from dashboard.session import Key, has_notices, take_notices
from dashboard.text.numbers import duration, roughly
from dashboard.text.roles import TEACHER
from dashboard.text.translation import _, plain
from dashboard.url.parameters import Param
from dashboard.url.permalink import choice, choose, goto, read_experiment
from dashboard.views import sweep
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS, preset
from kdcore.texts import N_

FRESH, TICK, SLOW = 0.4, 1.0, 3.0  # seconds between looks at a run: just started, training, waiting
YOUNG, JUST = 100, 6.0  # a run that said fewer points than this, or waits for fewer seconds, has just started
LEFT, RIGHT = 1.0, 3.2
FORMS = {"raw": N_("raw"), "scaled": N_("scaled")}


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    if now.run is not None and now.run.has_members:
        st.switch_page(st.Page(sweep.page, url_path="sweep"), query_params=sweeps.link_of(now.run))
    _presets(now)
    left, right = st.columns([LEFT, RIGHT], vertical_alignment="center")
    with left:
        _train(now)
    status = right.container(key="status")
    with st.container(key="messages"):
        if sentences := [*now.problems, *take_notices()]:
            st.warning("\n\n".join(map(plain, sentences)))
    with st.container(key="below"):
        side, main = st.columns([LEFT, RIGHT], gap="medium")
    with side:
        _beside(now)
        recipe(now)
        _load()
    with main:
        if now.run is None:
            _before(now, status)
        else:
            _during(now.run, status)


def _during(run: Run, status: DeltaGenerator) -> None:
    every = period(run, _audience())
    top = st.container()
    form = choice(Param.FORM, Key.FORM, FORMS, "scaled")
    st.segmented_control(
        _("Loss terms"),
        list(FORMS),
        default=form,
        format_func=lambda name: _(FORMS[name]),
        key=Key.FORM,
        on_change=choose,
        args=(Param.FORM, Key.FORM, "scaled"),
        required=True,
        label_visibility="collapsed",
    )
    bottom = st.container()
    st.fragment(_watch, run_every=every)(
        run.id, every, is_at_teacher(run), form or "scaled", status, top, bottom
    )


def _watch(
    run_id: str,
    every: float | None,
    at_teacher: bool,
    form: str,
    status: DeltaGenerator,
    top: DeltaGenerator,
    bottom: DeltaGenerator,
) -> None:
    """The one part that looks again and again; a full run of the page changes how often, what hot settings act on, and shows what was told."""
    with errors_in_place():
        run = run_manager.manager().run(run_id)
        if period(run, _audience()) != every or is_at_teacher(run) != at_teacher or has_notices():
            st.rerun()
        curves = run_curves.curves(run)
        with status:
            controls(run, watching=is_watching(run))
        with top:
            if run.error:
                st.error(plain(_(run.error)))
            overview(curves, run.experiment.recipe.epochs, takes(run))
            if not (run.live or run.status == "queued"):
                ending(run, curves)
                _to_omitted(run)
        with bottom:
            inside(curves, form, takes(run))
            pinned(run, curves, takes(run))


def _to_omitted(run: Run) -> None:
    """From a tested run that left classes out: the way to what its networks make of them."""
    if not run.experiment.omit or "classes" not in run.results.get("dataset", {}):
        return
    from dashboard.views.dark_knowledge import page as page_module  # it leads back to here

    classes = run.results["dataset"]["classes"]
    names = ", ".join(classes[c] for c in run.experiment.omit)
    st.page_link(
        st.Page(page_module.page, title=_("Dark knowledge"), url_path="dark-knowledge"),
        label=_("What the networks know of {names}, which the transfer set left out").format(
            names=plain(names)
        ),
        icon=":material/arrow_forward:",
        query_params={Param.RUN: run.id, Param.VIEW: page_module.OMITTED},
    )


def _audience() -> int:
    context = get_script_run_ctx()
    return viewer_load.look(context.session_id if context else "")


def period(run: Run, viewers: int = 1) -> float | None:
    """How often to look at a run: often when it is young, slowly while it waits or many look, never when it has ended."""
    if run.live:
        return FRESH if run.seq < YOUNG else TICK * viewer_load.stretch(viewers)
    if run.status == "queued":
        return FRESH if time.time() - run.created < JUST else SLOW
    return None


# ---------------------------------------------------------------------------------------------- what is pressed


def take(name: str) -> None:
    """A preset was pressed: its recipe is filled in, nothing starts."""
    with errors_as_notices():
        screen()
        experiment = preset(name).experiment
        goto(experiment, experiment, preset=name, run=None)


def train() -> None:
    """Train was pressed: a run of its own begins, whatever ran before."""
    with errors_as_notices():
        now = screen()
        experiment_checks.check(now.draft)
        title = next((one.title for one in PRESETS if one.experiment == now.draft), "")
        run = run_manager.manager().submit(now.draft, now.owner, title=title)
        goto(run.experiment, run.experiment, run=run.id, preset=None)


def load() -> None:
    """An experiment's file was handed in: its recipe is filled in, nothing starts."""
    with errors_as_notices():
        screen()
        handed = st.session_state[Key.EXPERIMENT]
        if handed is not None:
            experiment = read_experiment(handed.getvalue())
            goto(experiment, PRESETS[0].experiment, run=None, preset=None)


def copy() -> None:
    """The shown run's recipe becomes this browser's own, not started."""
    with errors_as_notices():
        goto(screen().steered.experiment, PRESETS[0].experiment, run=None, preset=None)


def show(run_id: str) -> None:
    """Another run is shown."""
    with errors_as_notices():
        screen()
        base = run_manager.manager().run(run_id).experiment
        goto(base, base, run=run_id, preset=None)


# ---------------------------------------------------------------------------------------------- beside and before


def _presets(now: Screen) -> None:
    with st.container(horizontal=True, key="presets"):
        for one in PRESETS:
            st.button(
                _(one.title),
                key=f"preset.{one.name}",
                icon=":material/check:" if one.experiment == now.draft else None,
                help=_(one.shows),
                on_click=take,
                args=(one.name,),
                disabled=now.watching,
            )


def _train(now: Screen) -> None:
    st.button(
        _("Train"),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=train,
        key="train",
        disabled=now.watching,
    )


def _beside(now: Screen) -> None:
    """What the reader should know of the recipe before pressing Train again."""
    if now.watching:
        st.caption(_("You are watching another browser's run; its settings cannot be changed from here."))
        st.button(
            _("Make a copy of my own"),
            key="copy",
            on_click=copy,
            width="stretch",
            icon=":material/content_copy:",
        )
        return
    if now.run is not None and now.draft != now.base:
        st.caption(_("Changed: Train begins a new run with this recipe."))
    finished = run_manager.manager().finished_twin_of(now.draft)
    if finished is not None and (now.run is None or finished.id != now.run.id):
        st.button(
            _("Show the finished run"),
            key="beside",
            help=_("A run of this very recipe has finished before. Train would begin another."),
            on_click=show,
            args=(finished.id,),
            width="stretch",
            icon=":material/history:",
        )


def _load() -> None:
    """Where an experiment comes back that was taken away as JSON, from here or from the shell."""
    with st.popover(_("Load an experiment"), icon=":material/upload:", width="stretch", key="load"):
        st.file_uploader(
            _("An experiment's JSON, as downloaded at a run's end"), type=["json"], key=Key.EXPERIMENT, on_change=load
        )  # fmt: skip


def _before(now: Screen, status: DeltaGenerator) -> None:
    """Before a run: what the recipe asks, what is known of the teacher, and the frame that the curves will fill."""
    if refused := experiment_checks.refusal(now.draft):
        status.warning(refused)
        return
    chosen = next((one for one in PRESETS if one.experiment == now.draft), None)
    asks = method_cards.asks_teacher(now.draft)
    draws = (
        _("Train draws teacher, twin and student here as they learn.")
        if asks
        else _("Train draws twin and student here as they learn.")
    )
    said = [_(chosen.shows) if chosen else draws]
    if takes := time_estimate.seconds(now.draft):
        said.append(
            _("About {time} on this machine while nothing else runs.").format(time=duration(roughly(takes)))
        )
    status.markdown(" ".join(said))
    overview(run_curves.curves_before(now.draft), now.draft.recipe.epochs)
    if facts := network_choices.sizes(now.draft):
        st.html(size_table({who: fact for who, fact in facts.items() if asks or who != TEACHER.name}))
