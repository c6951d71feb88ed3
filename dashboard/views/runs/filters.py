"""The row of filters above the history: what is looked for, as the URL has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import streamlit as st

from dashboard.components.runs_table_rows import STATUSES, sweep_title
from dashboard.components.tooltip import tooltip_below
from dashboard.data import method_cards, run_manager
from dashboard.session import Key
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, ngettext
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import left_out, number, set_parameters, shortened, unknown
from dashboard.url.widget_values import is_echo, read_choice, sync_widget, write_choice
from kdcore.runs.history import ORDERS, Facets, HistoryPage
from kdcore.runs.history_filter import LONGEST_TEXT, MOST_WORDS, HistoryFilter, searched_words

ROWS = 50
ANY = ""
DELETED = "deleted"
SINGLE = "none"
"""In place of a sweep: the runs that belong to none."""


@dataclass(frozen=True)
class FoundRuns:
    """One page of the history.

    Attributes:
        page: its rows, and how many there are in all.
        order: by what they are sorted (a name of `ORDERS`).
        reverse: whether in the opposite direction.
        number: the page's number, from 1.
    """

    page: HistoryPage
    order: str
    reverse: bool
    number: int


def history_filter(owner: str) -> HistoryFilter:
    """What the URL asks for."""
    link = st.query_params
    status, sweep = link.get(Param.STATUS, ANY), link.get(Param.SWEEP, ANY)
    return HistoryFilter(
        words=link.get(Param.WORDS, ""),
        status="" if status == DELETED else status,
        dataset=link.get(Param.ON, ANY),
        method=link.get(Param.HOW, ANY),
        tag=link.get(Param.TAG, ANY),
        sweep="" if sweep == SINGLE else sweep,
        single=sweep == SINGLE,
        titles=method_cards.method_titles(),
        starred=Param.STARRED in link,
        owner=owner if Param.MINE in link or status == DELETED else "",
        deleted=status == DELETED,
    )


def find_runs(wanted: HistoryFilter, problems: list[str]) -> FoundRuns:
    """The rows that the URL asks for; of a page beyond the last one, the last one's."""
    link_order = st.query_params.get(Param.ORDER, "date")
    order, reverse = link_order.removeprefix("-"), link_order.startswith("-")
    if order not in ORDERS:
        why = _("runs cannot be sorted by that.")
        problems.append(left_out(Param.ORDER, why, _(ORDERS["date"].title)))
        order, reverse = "date", False
    page_number = number(Param.PAGE, 1, 1, 1_000_000, problems)
    asked = st.query_params.get(Param.WORDS, "")
    if len(asked) > LONGEST_TEXT or len(searched_words(asked)) > MOST_WORDS:
        problems.append(_("Only the first {n} words of your search are looked for.").format(n=MOST_WORDS))

    def read_page(page_number: int) -> HistoryPage:
        offset = ROWS * (page_number - 1)
        return run_manager.manager().find(wanted, order=order, reverse=reverse, limit=ROWS, offset=offset)

    page = read_page(page_number)
    if page_number > page_count(page):
        page_number = page_count(page)
        page = read_page(page_number)
    return FoundRuns(page, order, reverse, page_number)


def page_count(page: HistoryPage) -> int:
    """How many pages the rows fill, at least one."""
    return max(1, math.ceil(page.total / ROWS))


def filter_row(owner: str, problems: list[str]) -> HistoryFilter:
    """Draw the filters as the URL has them; what they ask for."""
    facets = run_manager.manager().history.facets()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        sync_widget(Key.WORDS, st.query_params.get(Param.WORDS, ""))
        st.text_input(
            _("Search"),
            key=Key.WORDS,
            on_change=_search,
            placeholder=_("words, T = 20"),
            help=tooltip_below(
                _(
                    "Words in title, note, tags, networks, dataset and method, and settings: T = 20, omit = 3, seed 3."
                )
            ),
            icon=":material/search:",
        )
        for parameter, key, label, options, title in _choices(facets):
            _pick(parameter, key, label, options, title, problems)
        _switch(Param.STARRED, Key.STARRED, _("Starred"))
        _switch(Param.MINE, Key.MINE, _("Mine"))
    return history_filter(owner)


def _choices(facets: Facets) -> list[tuple[str, str, str, Collection[str], Callable[[str], str]]]:
    methods, sweeps = method_cards.method_titles(), _sweep_titles(facets)
    return [
        (Param.STATUS, Key.STATUS, _("Status"), [*facets.statuses, DELETED], lambda status: _(STATUSES.get(status, status))),
        (Param.ON, Key.ON, _("Dataset"), facets.datasets, str),
        (Param.HOW, Key.HOW, _("Method"), facets.methods, lambda name: methods.get(name, name)),
        (Param.TAG, Key.TAG, _("Tag"), facets.tags, str),
        (Param.SWEEP, Key.SWEEP, _("Sweep"), [SINGLE, *sweeps], lambda sweep: sweeps.get(sweep, sweep)),
    ]  # fmt: skip


def _sweep_titles(facets: Facets) -> dict[str, str]:
    """What the sweeps are called, by their hashes; a hash's beginning tells apart those that vary the same fields."""
    titles = {SINGLE: _("hide sweeps")}
    for sweep in facets.sweeps:
        runs = ngettext("{n} run", "{n} runs", sweep.runs).format(n=grouped(sweep.runs))
        titles[sweep.id] = f"{sweep_title(sweep.varied)} · {runs} · {sweep.id[:4]}"
    return titles


def _pick(
    parameter: str,
    key: str,
    label: str,
    options: Collection[str],
    title: Callable[[str], str],
    problems: list[str],
) -> None:
    """One filter; a value that no run has any more is offered while the link says it."""
    link_value = st.query_params.get(parameter, ANY)
    offered = list(dict.fromkeys([ANY, *options, link_value]))
    if parameter == Param.STATUS and link_value not in (ANY, *STATUSES):
        problems += unknown(parameter, STATUSES, _("all"))
    elif parameter != Param.STATUS and link_value not in (ANY, *options):
        sentence = _("No run here has the {label} “{value}” that the link asks for.")
        problems.append(sentence.format(label=label.lower(), value=shortened(title(link_value))))
    read_choice(parameter, key, offered, ANY)
    st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda option: title(option) if option else _("all"),
        on_change=_narrow,
        args=(parameter, key, ANY),
    )


def _switch(parameter: str, key: str, label: str) -> None:
    sync_widget(key, parameter in st.query_params)
    st.toggle(label, key=key, on_change=_switched, args=(parameter, key))


def _search() -> None:
    if not is_echo(Key.WORDS):
        set_parameters(**{Param.WORDS: st.session_state[Key.WORDS].strip() or None, Param.PAGE: None})


def _narrow(parameter: str, key: str, default: str) -> None:
    write_choice(parameter, key, default)
    set_parameters(**{Param.PAGE: None})


def _switched(parameter: str, key: str) -> None:
    if not is_echo(key):
        set_parameters(**{parameter: "1" if st.session_state[key] else None, Param.PAGE: None})


def nothing_found(wanted: HistoryFilter) -> str:
    """The sentence for a history without rows."""
    if wanted.deleted:
        return _("You have deleted no runs.")
    if wanted == HistoryFilter():
        return _("Nothing has run here yet. Train starts the first run.")
    return _("No run matches.")
