"""The history: every run there is, found, sorted, marked, compared, deleted and cleaned up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from dashboard.charts.run_overlay import letters, members
from dashboard.components.error_boundary import errors_as_notices, errors_in_place
from dashboard.components.export_menu import exports
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.run_comparison import compared_runs
from dashboard.components.runs_table import (
    STATUSES,
    RefusedMark,
    TableMessage,
    TableNews,
    news,
    runs_table,
    sweep_named,
)
from dashboard.components.storage import storage
from dashboard.data import method_cards, run_manager
from dashboard.data.screen import Screen, screen
from dashboard.session import Key, add_notice, browser_id
from dashboard.text.translation import _, ngettext
from dashboard.url.parameters import Param
from dashboard.url.permalink import choice, choose, is_echo, left_out, number, put, show, unknown
from dashboard.views import train
from kdcore.errors import RunRefused
from kdcore.runs.history import ORDERS, Facets, HistoryPage, Summary
from kdcore.runs.history_filter import HistoryFilter
from kdcore.runs.run_record import Run, digest
from kdcore.texts import N_

ROWS = 50
MOST_CHOSEN = 100
TICK = 2.0
"""Seconds between looks at runs that train or wait."""
ANY = ""
DELETED = "deleted"
SINGLE = "none"
"""In place of a sweep: the runs that belong to none."""
WAITING = ("queued", "running", "paused")
TALL, LOW = "70vh", "21rem"
"""How much of the table is seen at once: alone, and above a comparison."""
NOT_YOURS = N_("Only the browser that started a run can delete it.")


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    if run_id := st.session_state.pop(Key.OPEN, None):
        st.switch_page(st.Page(train.page, url_path="train"), query_params={Param.RUN: run_id})
    with notices_above(now) as problems:
        wanted = _filters(now.owner, problems)
        found, order, reverse, at = _found(wanted, problems)
        chosen = _chosen(wanted.deleted, problems)
        _bar(now.owner, wanted, found, chosen, at)
        if not found.lines:
            st.info(_nothing(wanted))
        else:
            _table(now.owner, found.lines, chosen, order, reverse, at)
        if any(line.status in WAITING for line in found.lines) and not wanted.deleted:
            st.fragment(_look_again, run_every=TICK)(_seen(found))
        if chosen and not wanted.deleted:
            if ended := [run for run in chosen if run.finished is not None]:
                exports(ended, key="exports_compared")
            compared_runs(members(chosen))


def _look_again(seen: Sequence[object]) -> None:
    """Draw the page anew when a run has moved on; what the reader types and where the table is scrolled stay."""
    with errors_in_place():
        now = _found(_wanted(browser_id()), [])[0]
        if _seen(now) != list(seen):
            st.rerun()


def _seen(found: HistoryPage) -> list[object]:
    return [(line.id, line.status, round(100 * (line.done or 0))) for line in found.lines]


# ---------------------------------------------------------------------------------------------- what is looked for


def _wanted(owner: str) -> HistoryFilter:
    """What the URL asks for."""
    said = st.query_params
    status, sweep = said.get(Param.STATUS, ANY), said.get(Param.SWEEP, ANY)
    return HistoryFilter(
        words=said.get(Param.WORDS, ""),
        status="" if status == DELETED else status,
        dataset=said.get(Param.ON, ANY),
        method=said.get(Param.HOW, ANY),
        tag=said.get(Param.TAG, ANY),
        sweep="" if sweep == SINGLE else sweep,
        single=sweep == SINGLE,
        titles=method_cards.method_titles(),
        starred=Param.STARRED in said,
        owner=owner if Param.MINE in said or status == DELETED else "",
        deleted=status == DELETED,
    )


def _found(wanted: HistoryFilter, problems: list[str]) -> tuple[HistoryPage, str, bool, int]:
    """The lines to show, how they are sorted, and the page's number."""
    said = st.query_params.get(Param.ORDER, "date")
    order, reverse = said.removeprefix("-"), said.startswith("-")
    if order not in ORDERS:
        why = _("runs cannot be sorted by that.")
        problems.append(left_out(Param.ORDER, why, _(ORDERS["date"].title)))
        order, reverse = "date", False
    at = number(Param.PAGE, 1, 1, 1_000_000, problems)
    found = run_manager.manager().find(
        wanted, order=order, reverse=reverse, limit=ROWS, offset=ROWS * (at - 1)
    )
    last = max(1, -(-found.total // ROWS))
    if at > last:
        at = last
        found = run_manager.manager().find(
            wanted, order=order, reverse=reverse, limit=ROWS, offset=ROWS * (at - 1)
        )
    return found, order, reverse, at


def _filters(owner: str, problems: list[str]) -> HistoryFilter:
    """The row of filters, as the URL has them."""
    facets = run_manager.manager().history.facets()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        show(Key.WORDS, st.query_params.get(Param.WORDS, ""))
        st.text_input(
            _("SearchSpec"),
            key=Key.WORDS,
            on_change=_search,
            placeholder=_("words, T = 20"),
            help=_(
                "Words in title, note, tags, networks, dataset and method, and settings: T = 20, omit = 3, seed 3."
            ),
            icon=":material/search:",
        )
        for parameter, key, label, options, title in _choices(facets):
            _pick(parameter, key, label, options, title, problems)
        _switch(Param.STARRED, Key.STARRED, _("Starred"))
        _switch(Param.MINE, Key.MINE, _("Mine"))
    return _wanted(owner)


def _choices(facets: Facets) -> list[tuple[str, str, str, Collection[str], Callable[[str], str]]]:
    methods, sweeps = method_cards.method_titles(), _sweeps(facets)
    return [
        (Param.STATUS, Key.STATUS, _("Status"), [*facets.statuses, DELETED], lambda one: _(STATUSES.get(one, one))),
        (Param.ON, Key.ON, _("Dataset"), facets.datasets, str),
        (Param.HOW, Key.HOW, _("Method"), facets.methods, lambda one: methods.get(one, one)),
        (Param.TAG, Key.TAG, _("Tag"), facets.tags, str),
        (Param.SWEEP, Key.SWEEP, _("Sweep"), [SINGLE, *sweeps], lambda one: sweeps.get(one, one)),
    ]  # fmt: skip


def _sweeps(facets: Facets) -> dict[str, str]:
    """What the sweeps are called, by their hashes; its beginning tells those apart that vary the same."""
    counted = [
        (one, ngettext("{n} run", "{n} runs", one.runs).format(n=f"{one.runs:,}")) for one in facets.sweeps
    ]
    return {SINGLE: _("hide sweeps")} | {
        one.id: f"{sweep_named(one.varied)} · {runs} · {one.id[:4]}" for one, runs in counted
    }


def _pick(
    parameter: str,
    key: str,
    label: str,
    options: Collection[str],
    title: Callable[[str], str],
    problems: list[str],
) -> None:
    """One filter; a value that no run has (any more) is offered while the link says it."""
    said = st.query_params.get(parameter, ANY)
    offered = list(dict.fromkeys([ANY, *options, said]))
    if parameter == Param.STATUS and said not in (ANY, *STATUSES):
        problems += unknown(parameter, STATUSES, _("all"))
    choice(parameter, key, offered, ANY)
    st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda one: title(one) if one else _("all"),
        on_change=_narrow,
        args=(parameter, key, ANY),
    )


def _switch(parameter: str, key: str, label: str) -> None:
    show(key, parameter in st.query_params)
    st.toggle(label, key=key, on_change=_switched, args=(parameter, key))


def _search() -> None:
    if not is_echo(Key.WORDS):
        put(**{Param.WORDS: st.session_state[Key.WORDS].strip() or None, Param.PAGE: None})


def _narrow(parameter: str, key: str, default: str) -> None:
    choose(parameter, key, default)
    put(**{Param.PAGE: None})


def _switched(parameter: str, key: str) -> None:
    if not is_echo(key):
        put(**{parameter: "1" if st.session_state[key] else None, Param.PAGE: None})


def _nothing(wanted: HistoryFilter) -> str:
    if wanted.deleted:
        return _("Nothing of yours is deleted.")
    if wanted == HistoryFilter():
        return _("Nothing has run here yet. Train starts the first run.")
    return _("No run is like that.")


# ---------------------------------------------------------------------------------------------- above the table


def _bar(owner: str, wanted: HistoryFilter, found: HistoryPage, chosen: list[Run], at: int) -> None:
    """How many there are, the pages, and what can be done with those that are chosen."""
    _undo()
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.markdown(
            ngettext("{n} run", "{n} runs", found.total).format(n=f"**{found.total:,}**"), width="content"
        )
        pages = -(-found.total // ROWS)
        if pages > 1:
            show(Key.PAGE, at)
            st.pagination(pages, key=Key.PAGE, max_visible_pages=5, on_change=_turn)
        if wanted.deleted:
            _restoring(found.lines)
        elif chosen:
            _choosing(owner, chosen)
        st.space("stretch")
        st.button(_("Storage"), key="storage", icon=":material/hard_drive:", on_click=_ask_storage)
    if st.session_state.pop(Key.STORAGE, False):
        storage(owner)


def _turn() -> None:
    if not is_echo(Key.PAGE):
        at = st.session_state[Key.PAGE]
        put(**{Param.PAGE: str(at) if at > 1 else None})


def _ask_storage() -> None:
    st.session_state[Key.STORAGE] = True


def _choosing(owner: str, chosen: list[Run]) -> None:
    own = [run for run in chosen if run.owner == digest(owner)]
    said = ngettext("{n} chosen", "{n} chosen", len(chosen)).format(n=len(chosen))
    st.markdown(said, width="content")
    st.button(_("Choose none"), key="choose_none", on_click=_choose_none, type="tertiary")
    label = _("Delete") if len(own) == len(chosen) else _("Delete {n} of mine").format(n=len(own))
    help_ = None if own else _(NOT_YOURS)
    st.button(label, key="delete", on_click=delete, icon=":material/delete:", disabled=not own, help=help_)


def _restoring(lines: Sequence[Summary]) -> None:
    if lines:
        st.button(
            _("Restore these"), key="restore", on_click=restore, args=([line.id for line in lines],), icon=":material/undo:"
        )  # fmt: skip


def _undo() -> None:
    """What was just deleted, and the way back; it stays until something else is deleted, or the tab is closed."""
    gone = st.session_state.get(Key.DELETED, [])
    if gone:
        with st.container(horizontal=True, vertical_alignment="center", key="undo"):
            said = ngettext("{n} run is deleted.", "{n} runs are deleted.", len(gone)).format(n=len(gone))
            st.markdown(said, width="content")
            st.button(_("Undo"), key="undo_delete", on_click=undo, icon=":material/undo:")


def delete() -> None:
    """Delete was pressed: the chosen runs of this browser go, unless they train; the others stay, and it is said."""
    owner, chosen, gone = browser_id(), _chosen_ids(), []
    for run_id in chosen:
        with errors_as_notices():
            if run_manager.manager().may_command(run_id, owner):
                run_manager.manager().delete(run_id, owner)
                gone.append(run_id)
    st.session_state[Key.DELETED] = gone
    st.session_state[Key.TICKED] = chosen
    _choose([run_id for run_id in chosen if run_id not in gone])


def undo() -> None:
    """Undo was pressed: what was just deleted is back, ticked as before among those that are ticked now."""
    gone, before, now = (
        st.session_state.get(Key.DELETED, []),
        st.session_state.get(Key.TICKED, []),
        _chosen_ids(),
    )
    restore(gone)
    back = [run_id for run_id in before if run_id in now or run_id in gone]
    _choose([*back, *(run_id for run_id in now if run_id not in before)])


def restore(run_ids: Sequence[str]) -> None:
    """Bring deleted runs back."""
    for run_id in run_ids:
        with errors_as_notices():
            run_manager.manager().restore(run_id, browser_id())
    st.session_state.pop(Key.DELETED, None)


# ---------------------------------------------------------------------------------------------- the table


def _table(
    owner: str, lines: Sequence[Summary], chosen: list[Run], order: str, reverse: bool, at: int
) -> None:
    runs_table(
        lines,
        key=Key.TABLE,
        mine={line.id for line in lines if line.owner == digest(owner)},
        letters=dict(zip((run.id for run in chosen), letters(len(chosen)), strict=True)),
        order=order,
        reverse=reverse,
        page=at,
        height=LOW if chosen else TALL,
        titles=method_cards.method_titles(),
        refused=st.session_state.get(Key.REFUSED_MARKS, {}),
        heard=st.session_state.get(Key.HEARD, TableNews()),
        told=_told,
    )


def _told() -> None:
    """The table has sent a message: what it says is checked like anything that comes from outside."""
    with errors_as_notices():
        screen()
    heard, told = news(st.session_state[Key.TABLE].get("told"), st.session_state.get(Key.HEARD, TableNews()))
    st.session_state[Key.HEARD] = heard
    for one in told:
        with errors_as_notices():
            obey(one, browser_id())


def obey(told: TableMessage, owner: str) -> None:
    """Do what the table says.

    Raises:
        RunRefused: the run is another browser's, or unknown.
    """
    manager, chosen = run_manager.manager(), _chosen_ids()
    match told.does:
        case "choose":
            others = [run_id for run_id in chosen if run_id != told.run]
            _choose([*others, told.run] if told.value else others)
        case "choose_all":
            lines = [line.id for line in _found(_wanted(owner), [])[0].lines]
            others = [run_id for run_id in chosen if run_id not in lines]
            _choose([*others, *lines] if told.value else others)
        case "sort":
            _sort(told.value)
        case "star":
            manager.mark(told.run, owner, starred=told.value)
        case "tags":
            _write_down(told, owner, tags=told.value.split(","))
        case "note":
            _write_down(told, owner, note=told.value)
        case "open":
            st.session_state[Key.OPEN] = manager.run(told.run).id


def _write_down(told: TableMessage, owner: str, **marks: Any) -> None:
    """Tags or a note; what is refused stays in its field with the reason, however soon the page is drawn again.

    Raises:
        RunRefused: the run is another browser's, or unknown.
    """
    refused = dict(st.session_state.get(Key.REFUSED_MARKS, {}))
    refused.pop((told.run, told.does), None)
    try:
        run_manager.manager().mark(told.run, owner, **marks)
    except RunRefused as error:
        if not run_manager.manager().may_command(told.run, owner):
            raise
        refused[told.run, told.does] = RefusedMark(told.value, str(error))
    st.session_state[Key.REFUSED_MARKS] = refused


def _sort(by: str) -> None:
    """Sort by that; a second press turns it about."""
    if by in ORDERS:
        again = st.query_params.get(Param.ORDER, "date") == by
        order = f"-{by}" if again else by
        put(**{Param.ORDER: None if order == "date" else order, Param.PAGE: None})


# ---------------------------------------------------------------------------------------------- those that are chosen


def _chosen_ids() -> list[str]:
    said = st.query_params.get(Param.CHOSEN, "")
    return list(dict.fromkeys(filter(None, said.split(","))))


def _chosen(deleted: bool, problems: list[str]) -> list[Run]:
    """The chosen runs, in the order in which they were chosen; what is no run (any more) is told."""
    if deleted:
        return []
    found, missing = [], []
    for run_id in _chosen_ids()[:MOST_CHOSEN]:
        try:
            found.append(run_manager.manager().run(run_id))
        except RunRefused:
            missing.append(run_id)
    if missing:
        said = _("Of the chosen runs these are not here (any more): {ids}.")
        problems.append(said.format(ids=", ".join(run_id[:6] for run_id in missing)))
    return found


def _choose(run_ids: Sequence[str]) -> None:
    if len(run_ids) > MOST_CHOSEN:
        add_notice(_("Up to {n} runs can be compared at once.").format(n=MOST_CHOSEN))
    put(**{Param.CHOSEN: ",".join(run_ids[:MOST_CHOSEN]) or None})


def _choose_none() -> None:
    _choose([])
