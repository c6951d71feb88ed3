"""The comparing page: what several networks know of the same images; one selection drives every view of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components import network_picker
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.inference_wait import wait_for, wait_until_warm
from dashboard.components.live_region import announce
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.recipe import TEMPERATURES
from dashboard.data import dataset_choices
from dashboard.data.network_answers import (
    Cell,
    ComparedNetworks,
    agreements,
    answered,
    errors,
    explained,
    of_a_run,
    spoken,
)
from dashboard.data.screen import Screen, goto_networks, screen
from dashboard.session import Key
from dashboard.text.names import network_html, run_title, split_title
from dashboard.text.numbers import percent, points
from dashboard.text.roles import TWIN
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import choice, choose, goto, is_echo, left_out, read_pair, show, unknown
from dashboard.views.dark_knowledge import (
    calibration,
    classes,
    confusions,
    costs,
    feature_map,
    fidelity,
    omitted_classes,
    selection,
    similarity,
)
from dashboard.views.dark_knowledge.view_state import ViewState, fold_at_clicked, forget_clicks
from kdcore.inference import models
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel
    from kdcore.runs.run_record import Run

VIEWS: Mapping[str, tuple[str, Callable[[ViewState], None]]] = {
    "similarity": (N_("Similarity"), similarity.draw),
    "confusions": (N_("Confusions"), confusions.draw),
    "fidelity": (N_("Fidelity"), fidelity.draw),
    "calibration": (N_("Calibration"), calibration.draw),
    "classes": (N_("Classes"), classes.draw),
    "map": (N_("Map"), feature_map.draw),
    "costs": (N_("Costs"), costs.draw),
}
OMITTED = "omitted"
"""The view of a run that left classes out; of other networks there is none."""
ALL_VIEWS = {**VIEWS, OMITTED: (N_("Omitted classes"), omitted_classes.draw)}
SPLITS = ("test", "validation")
FIRST_DATASETS = ("mnist", "digits")
LEFT, RIGHT = 2.5, 1.0


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    with notices_above(now) as problems:
        if wait_until_warm():
            _compare(now, problems)


def _compare(now: Screen, problems: list[str]) -> None:
    with st.container(key="comparing"):
        columns = st.columns([2.2, 1, 1.6], vertical_alignment="center")
        with columns[0]:
            shown = _networks(now, problems)
        if not shown and now.run:
            network_picker.say_unasked(now.run, _("Choose others above."))
            return
        with columns[1]:
            split = _split(problems)
        with columns[2]:
            _temperature(now)
    cell = _cell(shown[0].classes, problems)
    if not wait_for(shown, (split,)):
        return
    about = answered(shown, split)
    if about is None:
        st.info(_("These answers cannot be read. Load the page again."))
        return
    st.html(standing_html(about))
    run = now.run if of_a_run(shown[0]) else None
    view = _view(run, problems)
    scene = ViewState(view, about, now.draft.temperature, cell, run, problems)
    with st.container(key="compared"):
        main, side = st.columns([LEFT, RIGHT], gap="large")
    with main, st.container(key="view"):
        ALL_VIEWS[view][1](scene)
    with side, st.container(key="selection"):
        selection.draw(scene)
    fold_at_clicked()
    announce(selection.in_words(scene), "announced")
    st.caption(
        _(
            "The link at the top shows all this in another browser of this server. It cannot carry the runs of another server, nor pictures that were uploaded or drawn."
        )
    )


# ---------------------------------------------------------------------------------------------- who is compared


def _networks(now: Screen, problems: list[str]) -> tuple[InferenceModel, ...]:
    """The networks that the link names, a run's or teachers', and the picker; none where the run's cannot be asked."""
    tested = network_picker.of_run(now.run)
    taught = models.of_teachers(runs_folder())
    offered = _offered(taught, now.run if tested else None)
    if now.run and not tested:
        chosen = f"run:{now.run.id}"
        offered[chosen] = _("{run}, not tested").format(run=run_title(now.run))
        network_picker.picker(Key.NETWORKS, offered, chosen, _choose_networks)
        return ()
    return network_picker.pick(now, Key.NETWORKS, offered, taught, tested, problems, _choose_networks)


def _offered(taught: Sequence[InferenceModel], shown: Run | None) -> dict[str, str]:
    """What can be compared, by what the link says of it: the teachers of the same images that are here, then tested runs."""
    there = {entry.name: entry for entry in dataset_choices.datasets() if entry.available}
    comparable: dict[tuple[object, ...], list[InferenceModel]] = {}
    for knower in taught:
        if knower.dataset in there:
            comparable.setdefault(knower.knows, []).append(knower)
    offered: dict[str, str] = {}
    for group in sorted(comparable.values(), key=lambda one: _turn(one[0].dataset)):
        dataset = _(there[group[0].dataset].title)
        if len(group) > 1:
            title = _("{dataset}: {n} teachers side by side").format(dataset=dataset, n=len(group))
            if title in offered.values():
                title += ": " + ", ".join(one.title for one in group)
            offered[",".join(one.key for one in group)] = title
        offered |= {one.key: f"{dataset}: {one.title}" for one in group}
    return offered | network_picker.finished_runs(shown, lambda _run: True)


def _turn(dataset: str) -> int:
    return FIRST_DATASETS.index(dataset) if dataset in FIRST_DATASETS else len(FIRST_DATASETS)


def _choose_networks(chosen: str | None) -> None:
    goto_networks(chosen, cell=None, control=None, bias=None)
    forget_clicks()


# ---------------------------------------------------------------------------------------------- what shapes the page


def _split(problems: list[str]) -> str:
    split = choice(Param.SPLIT, Key.SPLIT, SPLITS, SPLITS[0]) or SPLITS[0]
    problems += unknown(Param.SPLIT, SPLITS, split_title(split))
    st.segmented_control(
        _("Images"),
        SPLITS,
        default=split,
        format_func=split_title,
        key=Key.SPLIT,
        on_change=_choose_split,
        required=True,
        label_visibility="collapsed",
    )
    return split


def _choose_split() -> None:
    choose(Param.SPLIT, Key.SPLIT, SPLITS[0])
    forget_clicks()


def _cell(classes: Sequence[str], problems: list[str]) -> Cell | None:
    said = st.query_params.get(Param.CELL)
    cell = read_pair(said, len(classes))
    if said is not None and cell is None:
        why = _("it names no two classes of these images.")
        problems.append(left_out(Param.CELL, why, _("no selection")))
    return cell


def _temperature(now: Screen) -> None:
    rungs = sorted({*TEMPERATURES, now.draft.temperature})
    st.select_slider(
        _("Temperature T"),
        rungs,
        show(Key.AT_T, now.draft.temperature),
        format_func="T = {:g}".format,
        key=Key.AT_T,
        on_change=_choose_temperature,
        label_visibility="collapsed",
    )


def _choose_temperature() -> None:
    if is_echo(Key.AT_T):
        return
    with errors_as_notices():
        now = screen()
        goto(now.draft.with_flat(temperature=float(st.session_state[Key.AT_T])), now.base)


def _view(run: Run | None, problems: list[str]) -> str:
    offered = ALL_VIEWS if run and run.experiment.omit else VIEWS
    first = next(iter(offered))
    view = choice(Param.VIEW, Key.VIEW, offered, first) or first
    why = _("this run left no class out.") if st.query_params.get(Param.VIEW) == OMITTED else ""
    problems += unknown(Param.VIEW, offered, _(offered[view][0]), why)
    st.segmented_control(
        _("View"),
        list(offered),
        default=view,
        format_func=lambda key: _(ALL_VIEWS[key][0]),
        key=Key.VIEW,
        on_change=_choose_view,
        args=(first,),
        required=True,
        label_visibility="collapsed",
    )
    return view


def _choose_view(first: str) -> None:
    choose(Param.VIEW, Key.VIEW, first)
    forget_clicks()


# ---------------------------------------------------------------------------------------------- the overview


def standing_html(about: ComparedNetworks) -> str:
    """What never leaves the screen: each network's errors and its agreement with the first, as HTML."""
    twin = next((k for k, one in enumerate(about.shown) if one.role == TWIN.name), None)
    wrong, agree, n = errors(about), agreements(about), about.count
    cells = []
    for k, knower in enumerate(about.shown):
        said = [_("{errors} of {images}").format(errors=f"{wrong[k]:,}", images=f"{n:,}")]
        if k:
            said.append(
                _("agrees with {first} on {share}").format(
                    first=spoken(about.shown[0]), share=percent(agree[k], n)
                )
            )
        if twin is not None and k > twin:
            said.append(_("{points} points").format(points=points((wrong[k] - wrong[twin]) / n, n)))
        cells.append(
            f'<div class="figure {about.roles[k].css}">{network_html(about.roles[k], explained(knower))}'
            f'<span class="value">{escape(percent(wrong[k] / n, n))}</span>'
            f'<span class="count">{escape(" · ".join(said))}</span></div>'
        )
    note = escape(_("wrong on {split} images").format(split=split_title(about.split)))
    return f'<div class="headline standing" role="group" aria-label="{note}">{"".join(cells)}<div class="note"><span>{note}</span></div></div>'
