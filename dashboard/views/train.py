"""The Train page: choose a recipe, press Train, and watch teacher, twin and student learn."""

from __future__ import annotations

import streamlit as st

from dashboard import library
from dashboard.components.controls import controls
from dashboard.components.live import live
from dashboard.components.recipe import recipe
from dashboard.components.style import style
from dashboard.screen import Screen, screen
from dashboard.sentences import duration
from dashboard.state import Param, edge, goto, told
from dashboard.texts import _
from kdcore.errors import StillroomError
from kdcore.runs.store import Run
from kdcore.studies.presets import PRESETS, preset

FRESH, TICK, SLOW = 0.5, 1.0, 3.0  # seconds between looks at a run: just started, training, waiting
YOUNG = 40  # points and events; a run that has said less has just started


def page() -> None:
    """Draw the page; an error of this project ends here as a sentence."""
    style()
    try:
        _draw(screen())
    except StillroomError as error:
        st.error(str(error))


def _draw(now: Screen) -> None:
    _presets(now)
    left, right = st.columns([1, 3.2], vertical_alignment="center")
    with left:
        _train(now)
    with right:
        status = st.container(key="status")
    messages = st.container(key="messages")
    with messages:
        _messages(now)
    with st.container(key="below"):
        side, main = st.columns([1, 3.2], gap="medium")
    with side:
        if now.watching:
            _copy(now)
        recipe(now)
    with main:
        if now.run is None:
            with status:
                _before(now)
            _finished_beside(now)
        else:
            watch = st.fragment(_watch, run_every=period(now.run))
            watch(now.run.id, status, period(now.run))


def _watch(run_id: str, status: st.delta_generator.DeltaGenerator, every: float | None) -> None:
    """The one part that looks again and again; a full run of the page changes how often."""
    try:
        run = library.manager().run(run_id)
        if period(run) != every:
            st.rerun()
        now = screen()
        with status:
            controls(now, run)
        if run.error:
            st.error(_(run.error))
        live(run, _form())
    except StillroomError as error:
        st.error(str(error))


def period(run: Run) -> float | None:
    """How often to look at a run: often when it is young, slowly while it waits, never when it has ended."""
    if run.live:
        return FRESH if run.seq < YOUNG else TICK
    return SLOW if run.status == "queued" else None


# ---------------------------------------------------------------------------------------------- above


def choose_preset() -> None:
    """A preset was pressed: its recipe is filled in, nothing starts."""
    chosen = st.session_state.get(Param.PRESET + ".choice")
    if chosen:
        with edge():
            experiment = preset(chosen).experiment
            goto(experiment, experiment, preset=chosen, run=None)


def train() -> None:
    """Train was pressed: a run of its own begins, whatever ran before."""
    with edge():
        now = screen()
        library.check(now.draft)
        title = now.preset.title if now.preset and now.draft == now.preset.experiment else ""
        run = library.manager().submit(now.draft, now.owner, title=title)
        goto(run.experiment, run.experiment, run=run.id, preset=None)


def copy() -> None:
    """The shown run's recipe becomes this browser's own, not started."""
    with edge():
        now = screen()
        base = PRESETS[0].experiment
        goto(now.steered.experiment, base, run=None, preset=None)


def show(run_id: str) -> None:
    """Another run is shown."""
    with edge():
        base = library.manager().run(run_id).experiment
        goto(base, base, run=run_id, preset=None)


def _presets(now: Screen) -> None:
    key = Param.PRESET + ".choice"
    chosen = next((p.name for p in PRESETS if p.experiment == now.draft), None)
    if st.session_state.get(key, "") != chosen:
        st.session_state[key] = chosen
    titles = {one.name: _(one.title) for one in PRESETS}
    st.pills(
        _("Presets"),
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        on_change=choose_preset,
        label_visibility="collapsed",
    )


def _train(now: Screen) -> None:
    st.button(
        _("Train"), type="primary", icon=":material/play_arrow:", width="stretch", on_click=train, key="train", disabled=now.watching,
    )  # fmt: skip


def _messages(now: Screen) -> None:
    for sentence in (*now.problems, *told()):
        st.warning(sentence)


def _copy(now: Screen) -> None:
    st.caption(_("You are watching another browser's run. Its settings cannot be changed from here."))
    st.button(
        _("Make a copy of my own"), key="copy", on_click=copy, width="stretch", icon=":material/content_copy:"
    )


# ---------------------------------------------------------------------------------------------- before a run


def _before(now: Screen) -> None:
    chosen = next((p for p in PRESETS if p.experiment == now.draft), None)
    said = [_(chosen.shows)] if chosen else []
    takes = library.seconds(now.draft) or (chosen.seconds if chosen else None)
    if takes:
        said.append(_("About {time} on this machine.").format(time=duration(takes)))
    st.markdown(" ".join(said) or _("Press Train: teacher, twin and student are drawn here as they learn."))


def _finished_beside(now: Screen) -> None:
    finished = library.manager().finished_twin_of(now.draft)
    if finished is not None:
        st.button(
            _("Show the finished run of this very recipe"),
            key="beside",
            on_click=show,
            args=(finished.id,),
            icon=":material/history:",
        )


def _form() -> str:
    return "scaled"
