"""The Sweep page: vary a field over several seeds, watch all settings race, and read what the figure supports."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.charts import sweep_figures, training_curves
from dashboard.components.error_boundary import errors_as_notices, errors_in_place
from dashboard.components.figure_downloads import take_away
from dashboard.components.page_frame import draw_page
from dashboard.components.recipe import recipe, titled
from dashboard.components.result_tables import table, who
from dashboard.components.run_controls import NOT_YOURS, how_far, is_paused, share_done
from dashboard.components.style import theme
from dashboard.data import dataset_choices, run_manager, sweep_tables, sweeps, torch_imports, viewer_load
from dashboard.data.screen import Screen, screen
from dashboard.data.sweeps import SweepProgress
from dashboard.session import Key, add_notice, has_notices, take_notices
from dashboard.text.numbers import percent, signed
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.parameters import Param
from dashboard.url.permalink import choose, goto, is_echo, put, show
from kdcore.errors import InvalidExperiment
from kdcore.events import Command
from kdcore.experiment_fields import field_label
from kdcore.export.recorded_run import SHORT_ID
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.runs.run_record import RESUMABLE, Run
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import MOST_MEMBERS, MOST_SEEDS, Sweep
from kdcore.studies.sweep_findings import field_value
from kdcore.studies.sweep_results import setting_errors, supported_sentence
from kdcore.studies.sweep_training import queue_missing
from kdcore.studies.sweep_values import values_of
from kdcore.texts import N_

FRESH, TICK, SLOW = 0.5, 1.0, 3.0
"""Seconds between looks at a sweep: just started, training, waiting."""
YOUNG, JUST = 600, 6.0
LEFT, RIGHT = 1.0, 3.2
NOTHING = ""
LEFT_AS = {
    "stopped": N_("stopped before its end; it can go on from there"),
    "failed": N_("failed"),
    "lost": N_("interrupted; it can go on from its last checkpoint"),
    "parked": N_("paused for so long that its place was given up; it can go on from its checkpoint"),
}
SAMPLERS = {"grid": N_("all"), "random": N_("random"), "bayesian": N_("Bayesian")}
SAMPLING = N_(
    "All combinations; or settings drawn between the smallest and the largest of the values: at random, or by Optuna from what was found before, where settings that fall behind on validation leave early."
)
RANKED = 12
"""Settings that the ranking shows."""
CAUTION = N_(
    "Settings are compared by the test errors of the same seeds; the best is chosen on validation. Each comparison stands for itself: of many, some come out by chance."
)


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    if now.run is not None:  # a sweep goes around a run's recipe, not around the run
        goto(now.run.experiment, PRESETS[0].experiment, run=None, preset=None)
        st.rerun()
    problems: list[str] = [*now.problems]
    sweep = sweeps.read(st.query_params.to_dict(), now.draft, problems)
    standing = sweeps.standing(sweep)
    now = replace(now, varied=tuple(sweep.vary))
    left, right = st.columns([LEFT, RIGHT], vertical_alignment="center")
    with left:
        _start(standing, now.owner)
    status = right.container(key="status")
    with st.container(key="messages"):
        if sentences := [*problems, *take_notices()]:
            st.warning("\n\n".join(map(plain, sentences)))
    with st.container(key="below"):
        side, main = st.columns([LEFT, RIGHT], gap="medium")
    with side:
        _varied(sweep)
        recipe(now)
    with main:
        every = period(standing, _audience())
        st.fragment(_watch, run_every=every)(sweep, every, now.owner, status, st.container())


def _watch(
    sweep: Sweep, every: float | None, owner: str, status: DeltaGenerator, place: DeltaGenerator
) -> None:
    """The one part that looks again and again; a full run of the page changes how often, and shows what was told."""
    with errors_in_place():
        now = sweeps.standing(sweep)
        if period(now, _audience()) != every or has_notices():
            st.rerun()
        with status:
            _controls(now, owner)
        with place:
            for part in now.parts:
                if part.error:
                    st.error(plain(_(part.error)))
            there = now.there()
            _sentence(there, len(now.racers) - now.finished)
            _figures(now, there)
            _ranking(there)


def _audience() -> int:
    context = get_script_run_ctx()
    return viewer_load.look(context.session_id if context else "")


def period(now: SweepProgress, viewers: int = 1) -> float | None:
    """How often to look: often when it is young, slowly while it waits or many look, never when nothing goes on."""
    live = [part for part in now.parts if part.live]
    if live:
        return FRESH if live[0].seq < YOUNG else TICK * viewer_load.stretch(viewers)
    queued = [part for part in now.parts if part.status == "queued"]
    if queued:
        return FRESH if time.time() - queued[0].created < JUST else SLOW
    return None


# ---------------------------------------------------------------------------------------------- what is pressed


@dataclass(frozen=True)
class RefusedValues:
    """Values that were written and cannot be taken. said: those of the link, which count until these are mended."""

    field: str
    said: str
    text: str
    why: str


def start() -> None:
    """Start was pressed: what is missing is queued, what was trained before is left."""
    with errors_as_notices():
        now = screen()
        sweep = sweeps.read(st.query_params.to_dict(), now.draft, [])
        if refused := [one for slot, varied in enumerate(_slots(now)) if (one := _refused(slot, varied))]:
            add_notice(
                _("Nothing is started: mend the values of {field} first.").format(
                    field=titled(refused[0].field)
                )
            )
            return
        students = queue_missing(sweep, run_manager.manager().store, now.owner)
        sweeps.outdated()
        if not students:
            said = ngettext(
                "The {n} student was trained before: nothing is trained again.",
                "All {n} students were trained before: nothing is trained again.",
                sweep.size,
            )
            add_notice(said.format(n=sweep.size))
        elif students < sweep.size:
            said = ngettext(
                "{there} of {n} students were trained before: the other one is trained now.",
                "{there} of {n} students were trained before: the other {rest} are trained now.",
                students,
            )
            add_notice(said.format(there=sweep.size - students, n=sweep.size, rest=students))


def steer(kind: str) -> None:
    """A button was pressed: the command goes to this browser's runs of the sweep."""
    with errors_as_notices():
        now = screen()
        sweep = sweeps.read(st.query_params.to_dict(), now.draft, [])
        manager = run_manager.manager()
        for part in manager.store.unfinished_of(sweep.hash):
            if not manager.may_command(part.id, now.owner):
                continue
            if kind == "go_on" and part.status in RESUMABLE:
                manager.resume(part.id, now.owner)
            elif part.live or (kind == "stop" and part.status == "queued"):
                manager.command(part.id, now.owner, Command(kind))  # type: ignore[arg-type]
        sweeps.outdated()


def change(slot: int) -> None:
    """A varied field was chosen: its usual values come with it."""
    if is_echo(_key(slot, "field")):
        return
    with errors_as_notices():
        now = screen()
        name = st.session_state[_key(slot, "field")]
        vary = _slots(now)
        st.session_state.pop(Key.REFUSED_VALUES, None)
        vary[slot] = (name, sweeps.suggested(name, now.draft)) if name else (NOTHING, "")
        _write(vary)


def change_values(slot: int) -> None:
    """The values of a varied field were written: those that cannot be taken stay in the field, with the reason."""
    if is_echo(_key(slot, "values")):
        return
    with errors_as_notices():
        now = screen()
        vary = _slots(now)
        (name, said), text = vary[slot], st.session_state[_key(slot, "values")]
        vary[slot] = (name, text)
        refused = st.session_state.setdefault(Key.REFUSED_VALUES, {})
        refused.pop(slot, None)
        try:
            values_of(name, text)
            Sweep.read({"base": now.draft, "vary": sweeps.read_vary(_said(vary))})
        except InvalidExperiment as error:
            refused[slot] = RefusedValues(name, said, text, _as_labelled(name, str(error)))
        else:
            _write(vary)


def _refused(slot: int, varied: tuple[str, str]) -> RefusedValues | None:
    """What was written for this field in place of the link's values and cannot be taken."""
    one = st.session_state.get(Key.REFUSED_VALUES, {}).get(slot)
    return one if one and (one.field, one.said) == varied else None


def _as_labelled(name: str, why: str) -> str:
    """A complaint that begins with a field, begun with the field's label."""
    return titled(name) + why.removeprefix(name) if why.startswith(name) else why


def change_seeds() -> None:
    """Another number of seeds was chosen."""
    if not is_echo(Key.SEEDS):
        seeds = st.session_state[Key.SEEDS]
        put(seeds=None if seeds == sweeps.SEEDS else str(seeds))


def change_trials() -> None:
    """Another number of settings was chosen."""
    if not is_echo(Key.TRIALS):
        trials = st.session_state[Key.TRIALS]
        put(trials=None if trials == sweeps.TRIALS else str(trials))


def _slots(now: Screen) -> list[tuple[str, str]]:
    """Both fields that can be varied here, each with its values as text; an empty name where there is none."""
    sweep = sweeps.read(st.query_params.to_dict(), now.draft, [])
    said = [(name, sweeps.values_written(values)) for name, values in sweep.vary.items()]
    return [*said, (NOTHING, ""), (NOTHING, "")][: max(2, len(said))]


def _write(vary: Sequence[tuple[str, str]]) -> None:
    said = _said(vary)
    put(vary=None if said in ("", sweeps.DEFAULT) else said)


def _said(vary: Sequence[tuple[str, str]]) -> str:
    return ";".join(f"{name}:{text.replace(' ', '')}" for name, text in dict(vary).items() if name)


# ---------------------------------------------------------------------------------------------- beside


def _start(now: SweepProgress, owner: str) -> None:
    """One button, which stands back where Resume is the way on."""
    left = _can_go_on(now, owner)
    begins = _("Trains every student that is not there yet, each beside its twin.")
    st.button(
        _("Start the sweep"),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=start,
        key="start_sweep",
        disabled=now.live or left or not torch_imports.warm(),
        help=_("This sweep was left before its end: Resume goes on with it.") if left else begins,
    )


def _can_go_on(now: SweepProgress, owner: str) -> bool:
    """Whether this browser's sweep was left before its end."""
    may = run_manager.manager().may_command
    return (
        not now.live
        and not now.over
        and any(part.status in RESUMABLE and may(part.id, owner) for part in now.parts)
    )


def _key(slot: int, part: str) -> str:
    return f"{Key.VARIED}.{slot}.{part}"


def _varied(sweep: Sweep) -> None:
    """What is varied: a field and its values, perhaps a second one, and the seeds."""
    said = [(name, sweeps.values_written(values)) for name, values in sweep.vary.items()]
    for slot, (name, text) in enumerate([*said, (NOTHING, "")][: max(2, len(said))]):
        _slot(slot, name, text, [other for other, _text in said if other != name])
    st.number_input(
        _("Seeds"),
        1,
        MOST_SEEDS,
        show(Key.SEEDS, sweep.seeds),
        key=Key.SEEDS,
        on_change=change_seeds,
        help=_(
            "Each setting is trained so often: other first weights, other batches, other images of the transfer set."
        ),
    )
    _sampler(sweep)
    settings = sweep.size // sweep.seeds
    st.caption(
        "{} × {}: {}".format(
            ngettext("{n} setting", "{n} settings", settings).format(n=settings),
            ngettext("{n} seed", "{n} seeds", sweep.seeds).format(n=sweep.seeds),
            ngettext("{n} student", "{n} students", sweep.size).format(n=sweep.size),
        )
    )
    if images := _images(sweep):
        st.caption(images)


def _images(sweep: Sweep) -> str:
    """On how many of the dataset's images each student is trained; empty where on all, or where that is what is varied."""
    base, entry = sweep.base, dataset_choices.dataset(sweep.base.dataset)
    if entry is None or not entry.images or {"dataset", "count", "fraction"} & {*sweep.vary}:
        return ""
    every = f"{entry.images:,}"
    if base.count is not None:
        words = _("Each student is trained on {n} of {all} images.")
        return words.format(n=f"{min(base.count, entry.images):,}", all=every)
    if base.fraction < 1:
        words = _("Each student is trained on {share} % of {all} images.")
        return words.format(share=f"{100 * base.fraction:g}", all=every)
    return ""


def _sampler(sweep: Sweep) -> None:
    """How the settings are found, and how many where they are drawn."""
    st.segmented_control(
        _("Settings"),
        list(SAMPLERS),
        default=show(Key.SAMPLER, sweep.sampler),
        key=Key.SAMPLER,
        format_func=lambda name: _(SAMPLERS[name]),
        on_change=choose,
        args=(Param.SAMPLER, Key.SAMPLER, "grid"),
        required=True,
        help=_(SAMPLING),
    )
    if sweep.sampler != "grid":
        trials = show(Key.TRIALS, sweep.trials)
        st.number_input(
            _("How many settings"), 1, MOST_MEMBERS, trials, key=Key.TRIALS, on_change=change_trials
        )


def _slot(slot: int, name: str, text: str, taken: Sequence[str]) -> None:
    offered = [field for field in sweeps.fields() if field not in taken]
    offered = [*([] if slot == 0 else [NOTHING]), *([] if name in offered or not name else [name]), *offered]
    st.selectbox(
        _("Vary") if slot == 0 else _("and"),
        offered,
        offered.index(show(_key(slot, "field"), name)),
        key=_key(slot, "field"),
        format_func=lambda field: titled(field) if field else _("nothing else"),
        on_change=change,
        args=(slot,),
    )
    if name:
        refused = _refused(slot, (name, text))
        st.text_input(
            _("Values"),
            show(_key(slot, "values"), refused.text if refused else text),
            key=_key(slot, "values"),
            on_change=change_values,
            args=(slot,),
            label_visibility="collapsed",
            help=_("With commas between them: 1,2,4. A range of whole numbers: 1..20."),
        )
        if refused:
            until = _("The sweep stays as it was, with {values}.").format(values=text)
            st.error(plain(f"{refused.why} {until}"))


# ---------------------------------------------------------------------------------------------- status


def _controls(now: SweepProgress, owner: str) -> None:
    """The buttons that fit the sweep's state, and how far it is."""
    manager = run_manager.manager()
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        active = [part for part in now.parts if part.live or part.status == "queued"]
        mine = [part for part in active if manager.may_command(part.id, owner)]
        if active:
            look: dict[str, Any] = {"disabled": not mine, "help": None if mine else _(NOT_YOURS)}
            paused = any(is_paused(part) for part in active)
            kind, label, icon = (
                ("resume", _("Resume"), "play_arrow") if paused else ("pause", _("Pause"), "pause")
            )
            st.button(
                label, icon=f":material/{icon}:", on_click=steer, args=(kind,), key=f"sweep.{kind}", **look
            )
            st.button(
                _("Stop"), icon=":material/stop:", on_click=steer, args=("stop",), key="sweep.stop", **look
            )
        elif _can_go_on(now, owner):
            st.button(
                _("Resume"),
                type="primary",
                icon=":material/play_arrow:",
                on_click=steer,
                args=("go_on",),
                key="sweep.go_on",
            )
        st.progress(_share(now, active), text=_how_far(now, active))


def _share(now: SweepProgress, active: Sequence[Run]) -> float:
    """The share of the sweep that is done."""
    training = {
        part.id: len(sweeps.places_of(part)) * share_done(part)
        for part in active
        if part.live and part.phase == "students"
    }
    return min(1.0, (now.finished + sum(training.values())) / max(1, len(now.racers)))


def _how_far(now: SweepProgress, active: Sequence[Run]) -> str:
    every = len(now.racers)
    there = ngettext("{n} of {all} student trained", "{n} of {all} students trained", every)
    there = there.format(n=now.finished, all=every)
    live = next((part for part in active if part.live), active[0] if active else None)
    if live is not None:
        beside = _side_by_side(len(sweeps.places_of(live))) if live.live else ""
        return " · ".join(filter(None, [there if now.finished else "", beside, how_far(live)]))
    left = _left(now)
    if left is not None:
        return " · ".join(filter(None, [there, LEFT_AS.get(left.status) and _(LEFT_AS[left.status])]))
    return there if now.finished else _("not started")


def _side_by_side(n: int) -> str:
    return _("{n} students side by side").format(n=n) if n > 1 else ""


def _left(now: SweepProgress) -> Run | None:
    """The newest run of the sweep that was left before its end; None where all members are there anyway."""
    return None if now.over else next((part for part in now.parts if part.status in RESUMABLE), None)


# ---------------------------------------------------------------------------------------------- figures


def _sentence(now: SweepProgress, to_train: int) -> None:
    """What the figure supports, once every seed of every setting is tested; and how many students more seeds ask for."""
    if said := supported_sentence(now.found, _) if now.over else "":
        st.container(key="says").markdown(plain(said), help=_(CAUTION))
        if to_train:
            more = ngettext(
                "Of the seeds that are there: {n} student of further seeds is still to train.",
                "Of the seeds that are there: {n} students of further seeds are still to train.",
                to_train,
            )
            st.caption(more.format(n=to_train))
        if left := now.left_early:
            said = ngettext(
                "{n} further setting fell behind on validation and left early.",
                "{n} further settings fell behind on validation and left early.",
                left,
            )
            st.caption(said.format(n=left))
    elif now.live:
        st.container(key="says").markdown(_("What can be told apart is said when all seeds are tested."))


def _figures(now: SweepProgress, there: SweepProgress) -> None:
    """The answer, from the seeds that are there, and the race of all."""
    if not now.known:
        _announced(now)
        return
    answer, race = st.columns(2, gap="medium")
    with answer:
        _answer(there)
    with race:
        st.markdown(f"**{_('Validation error of every student')}**")
        alt = _(
            "Validation error of every student against epoch; the best setting, the twins and the teacher in their colours"
        )
        frame = _frame(now, "race", lambda: sweep_figures.race_frame(now, now.sweep.base.recipe.epochs))
        _chart("race_chart", frame, sweep_figures.race_spec(theme()), alt)
        _race_caption(now)
        if not now.live:  # as a run's figures: while it goes on they are not drawn for keeping yet
            take_away("race_chart", sweep_tables.of_curves(frame.to_pandas()), name=_taken(now, "race"))


def _taken(now: SweepProgress, part: str) -> str:
    """What the files of this part of the sweep are called."""
    return f"stillroom-sweep-{now.sweep.hash[:SHORT_ID]}-{part}"


def _announced(now: SweepProgress) -> None:
    """What will be drawn, in place of figures that would be empty."""
    names = [field_label(name, _) for name in now.sweep.vary]
    if len(names) > 1:
        answer = _("Mean error by {x} and {y}, as a map").format(x=names[0], y=names[1])
    elif next(iter(now.sweep.vary)) in sweeps.SIZES:
        answer = _("Size against accuracy: from each twin to its student")
    else:
        answer = _("Error against {field}, with every seed, the mean and the twin").format(field=names[0])
    race = _("Validation error of every student against epoch")
    lines = [_("Drawn here as soon as the students train:"), "", f"- {plain(answer)}", f"- {plain(race)}"]
    st.container(key="announced").markdown("\n".join(lines))


def _race_caption(now: SweepProgress) -> None:
    """Whose curves are bold, and whose are faint."""
    best = (
        _("bold: {setting}, the best on validation.")
        if now.over
        else _("bold: {setting}, the best on validation so far.")
    )
    words = [escape(best.format(setting=now.best))]
    if now.known > 1:
        words.append(escape(_("Faint: the other settings.")))
    others = " ".join(who(name) for name in (TWIN.name, TEACHER.name))
    st.html(f'<p class="small">{who(STUDENT.name)} {" ".join(words)} {others}</p>')


def _so_far(now: SweepProgress) -> str:
    """That something is missing, where something is."""
    if not now.to_come:
        return ""
    said = _("{n} of {all} settings so far: the others are not trained yet.")
    return said.format(n=now.known, all=now.known + now.to_come)


def _answer(now: SweepProgress) -> None:
    """The answer: against one field, a map of two, or size against accuracy where networks are varied."""
    found, vary = sweeps.measured(now), now.sweep.vary
    error = _("test error, %") if now.over else _("validation error, %")
    names = [*vary]
    link = _link()
    error_of_teacher = now.teacher_test if now.over else now.teacher
    teacher = (now.teacher_size, error_of_teacher)
    if len(names) == 1 and names[0] in sweeps.SIZES:
        st.markdown(f"**{_('Size against accuracy: from each twin to its student')}**")
        title = _("test accuracy, %") if now.over else _("validation accuracy, %")
        frame = _frame(now, "answer", lambda: sweep_figures.size_frame(found, link, teacher))
        if frame.num_rows:
            _chart("answer_chart", frame, sweep_figures.size_spec(theme(), title), title)
    elif len(names) == 1:
        title = _("Test error against {field}") if now.over else _("Validation error against {field}, so far")
        st.markdown(f"**{plain(title.format(field=field_label(names[0], _)))}**")
        frame = _frame(now, "answer", lambda: sweep_figures.answer_frame(found, error_of_teacher, link))
        alt = _("Error of students and twins against the varied field: mean, spread and every seed")
        spec = sweep_figures.answer_spec(theme(), field_label(names[0], _), error, vary[names[0]])
        _chart("answer_chart", frame, spec, alt)
    else:
        _map(now, found, names, error, link)
    opened = _opened(names) if any(run for one in found for run in one.runs) else ""
    _caption(names, opened, _so_far(now))
    if found and not now.live:
        take_away("answer_chart", sweep_tables.of_students(now), name=_taken(now, "answer"))


def _caption(names: Sequence[str], opened: str, missing: str) -> None:
    """What the answer's marks mean and open, and what is missing yet."""
    roles = " ".join(who(name) for name in (STUDENT.name, TWIN.name, TEACHER.name))
    if len(names) > 1:
        roles = ""
        words = (
            _("Dark errs more, on the mean over the seeds.")
            if theme() == "light"
            else _("Light errs more, on the mean over the seeds.")
        )
    elif names[0] in sweeps.SIZES:
        words = _("Large marks: means; small ones: each seed.")
    else:
        words = _("Small marks: each seed. Bars and band: ± 1 standard deviation.")
    said = " ".join(filter(None, [words, opened, missing]))
    st.html(f'<p class="small">{roles} {escape(said)}</p>')


def _opened(names: Sequence[str]) -> str:
    """What a click opens: a mean stands for several runs."""
    if len(names) > 1:
        return _("A click on a mark opens the run of its first seed.")
    return _("A click on a mark opens its run, on a mean that of its first seed.")


def _map(
    now: SweepProgress, found: Sequence[sweeps.MeasuredSetting], names: Sequence[str], error: str, link: str
) -> None:
    x, y = names[:2]
    title = (
        _("Mean test error by {x} and {y}") if now.over else _("Mean validation error by {x} and {y}, so far")
    )
    st.markdown(f"**{plain(title.format(x=field_label(x, _), y=field_label(y, _)))}**")
    frame = _frame(now, "answer", lambda: sweep_figures.heat_frame(found, link))
    values: list[Sequence[Any]] = [now.sweep.vary[x], now.sweep.vary[y]]
    if now.sweep.sampler != "grid" and all(map(numeric_range, values)):
        spec = sweep_figures.scatter_spec(
            theme(), (field_label(x, _), field_label(y, _)), (values[0], values[1]), error
        )
    else:
        if now.sweep.sampler != "grid":
            values = [[one.setting[name] for one in found] for name in (x, y)]
        orders = [list(dict.fromkeys(field_value(value, _) for value in every)) for every in values]
        spec = sweep_figures.heat_spec(
            theme(), field_label(x, _), field_label(y, _), orders[0], orders[1], error
        )
    if frame.num_rows:
        _chart("answer_chart", frame, spec, error)


def _link() -> str:
    """The start of a run's address, from which the way back is this sweep."""
    kept = {
        name: st.query_params[name]
        for name in (Param.VARY, Param.SEEDS, Param.SAMPLER, Param.TRIALS)
        if name in st.query_params
    }
    return "train?" + urlencode([*kept.items(), (Param.RUN, "")])


def _frame(now: SweepProgress, name: str, make: Callable[[], pd.DataFrame]) -> pa.Table:
    return pa.Table.from_pandas(make(), preserve_index=False)


def _chart(key: str, frame: pa.Table, spec: training_curves.Spec, alt: str) -> None:
    with st.container(key=key):
        st.vega_lite_chart(frame, spec, key=f"{key}_vega", width="stretch", alt=alt)


# ---------------------------------------------------------------------------------------------- the ranking


def _ranking(now: SweepProgress) -> None:
    """The settings by their validation error now, best first."""
    lines = ranking(now)
    if not lines:
        return
    st.subheader(_("Ranking"), anchor=False)
    heads = [_("setting"), _("validation error"), _("test errors"), _("fewer than its twin")]
    if now.sweep.seeds > 1:
        heads = [
            _("setting"),
            _("validation error, mean"),
            _("test errors, mean"),
            _("fewer than its twin, mean ± standard error"),
        ]
    titles = [
        "",
        _("over the seeds, now"),
        _("over the seeds"),
        _("of the differences between student and twin of the same seed"),
    ]
    st.html(table(heads, lines[:RANKED], titles))
    first = _("The first {n} of {all} settings.").format(n=RANKED, all=len(lines))
    if said := " ".join(filter(None, [first if len(lines) > RANKED else "", _so_far(now)])):
        st.caption(said)
    if not now.live:
        take_away("ranking", sweep_tables.of_settings(now), picture=False, name=_taken(now, "ranking"))


def ranking(now: SweepProgress) -> list[list[str]]:
    """A line a setting, as HTML: place, setting, validation error, test errors, gain over the twin."""
    tested = {sweeps.setting_label(one.setting): one for one in setting_errors(now.found)}
    lines = []
    for place, (error, group) in enumerate(now.ranked(), 1):
        first, label = group[0], sweeps.setting_label(group[0].member.setting)
        words = escape(label)
        if first.run is not None:
            words = f'<a href="{escape(_link() + first.run.id)}" target="_self">{words}</a>'
        lines.append([f"{place}. {words}", percent(error, 400), *_tested_cells(tested.get(label))])
    return lines


def _tested_cells(one: Any) -> list[str]:
    if one is None:
        return ["–", "–"]
    gain = one.against_twin
    spread = f" ± {gain.standard_error:.1f}" if len(one.errors) > 1 else ""
    return [f"{sum(one.errors) / len(one.errors):.1f}", escape(signed(-gain.mean, 1) + spread)]
