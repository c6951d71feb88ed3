"""What of a link shapes one page alone: a link to another page goes without it, and the way back finds it again."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.pages import CLASS, DARK_KNOWLEDGE, REFERENCE, RUNS, SOFT_TARGETS, SWEEP, TRAIN
from dashboard.session import Key
from dashboard.url.parameters import Param

ROOT = "./"
"""The path of the first page as the bar links to it."""
OWN: Mapping[str, frozenset[str]] = {
    SOFT_TARGETS: frozenset({Param.SHOW, Param.AT, Param.SORT, Param.PAIR, Param.SHUFFLE, Param.LOG}),
    TRAIN: frozenset({Param.FORM}),
    DARK_KNOWLEDGE: frozenset(
        {Param.VIEW, Param.CELL, Param.SPLIT, Param.BY, Param.CONTROL, Param.BIAS, Param.COMPARED_AT}
    ),
    SWEEP: frozenset({Param.VARY, Param.SEEDS, Param.SAMPLER, Param.TRIALS}),
    RUNS: frozenset(
        {Param.WORDS, Param.STATUS, Param.ON, Param.HOW, Param.TAG, Param.SWEEP, Param.STARRED}
        | {Param.MINE, Param.ORDER, Param.PAGE, Param.CHOSEN}
    ),
    REFERENCE: frozenset({Param.CARD, Param.FIND}),
    CLASS: frozenset({Param.JOIN, Param.CLASS, Param.PART}),
}
"""The parameters of each page that no other page reads."""


def remember_own(path: str) -> None:
    """Keep what shapes the page with that path, as its link says it now, for the way back."""
    own = {name: value for name, value in st.query_params.items() if name in OWN[path]}
    st.session_state.setdefault(Key.OWN_PARAMETERS, {})[path] = (own, _networks(st.query_params))


def for_page(path: str, link: Mapping[str, str]) -> dict[str, str]:
    """The link without what shapes other pages alone, and with what shaped this one when it was last on screen."""
    page = SOFT_TARGETS if path == ROOT else path
    others = frozenset().union(*(names for other, names in OWN.items() if other != page))
    kept = {name: value for name, value in link.items() if name not in others}
    if OWN[page] & kept.keys():
        return kept
    own: dict[str, str]
    own, networks = st.session_state.get(Key.OWN_PARAMETERS, {}).get(page, ({}, None))
    if Param.SHOW not in own and networks != _networks(link):  # a place among pictures that may be others now
        own = {name: value for name, value in own.items() if name != Param.AT}
    return kept | own


def _networks(link: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Whose answers a link shows: a run's, or those of teachers."""
    return link.get(Param.RUN, link.get(Param.SELECTED)), link.get(Param.OF)
