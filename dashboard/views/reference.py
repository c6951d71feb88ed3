"""Every method to look up: what it transfers, its formula, the code that runs, and what was measured."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.inference_wait import wait_until_warm
from dashboard.components.method_diagram import tapped
from dashboard.components.method_results import compared
from dashboard.components.page_frame import draw_page
from dashboard.components.result_tables import table
from dashboard.data import experiment_checks, method_cards
from dashboard.data.screen import Screen
from dashboard.session import Key
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.parameters import PAGE_PARAMETERS, Param
from dashboard.url.permalink import choice, choose, put, recipe_parameters, show
from dashboard.views import train
from kdcore.cli.flags import flags_of
from kdcore.experiment import Experiment

if TYPE_CHECKING:
    from kdcore.plan import Card
    from kdcore.studies.method_comparison import Comparison

LEFT, RIGHT = 1.0, 2.6
CARDS, FIGURES = "cards", "figures"


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    if not wait_until_warm():
        return
    cards, comparisons = method_cards.cards(), method_cards.comparisons()
    if comparisons and _all_at_once():
        for comparison in comparisons:
            compared(comparison, {name: _(card.title) for name, card in cards.items()})
        return
    message = st.container()
    left, right = st.columns([LEFT, RIGHT], gap="large")
    with left:
        found = _searched(cards)
        chosen = _listed(found, now.draft.method)
    if (asked := st.query_params.get(Param.CARD)) is not None and asked not in cards:
        message.warning(plain(_("There is no method '{name}': the link was left out.").format(name=asked)))
    if chosen is not None:
        with right:
            _card(now, cards[chosen])


def _all_at_once() -> bool:
    """Whether the reader asks for the figures of all methods in the place of one card."""
    offered = {CARDS: _("one method"), FIGURES: _("all measured methods")}
    chosen = choice(Param.VIEW, Key.VIEW, offered, CARDS)
    st.segmented_control(
        _("Show"),
        list(offered),
        default=chosen,
        key=Key.VIEW,
        format_func=offered.__getitem__,
        on_change=choose,
        args=(Param.VIEW, Key.VIEW, CARDS),
        required=True,
        label_visibility="collapsed",
    )
    return chosen == FIGURES


# ---------------------------------------------------------------------------------------------- finding one


def _searched(cards: dict[str, Card]) -> list[str]:
    """The methods whose card holds every word that was typed, those of one transfer beside each other."""
    said = show(Key.FIND, st.query_params.get(Param.FIND, ""))
    st.text_input(
        _("Search"), said, key=Key.FIND, on_change=_search, placeholder=_("attention, Hinton, ensemble")
    )
    words = said.lower().split()
    return [
        name for name in method_cards.methods_by_transfer() if all(w in _text(cards[name]) for w in words)
    ]


def _search() -> None:
    put(**{Param.FIND: st.session_state[Key.FIND] or None})


def _text(card: Card) -> str:
    words = (card.name, card.title, card.transfers, card.what, card.citation, card.hurts)
    return " ".join((*words, *map(_, words))).lower()


def _listed(found: list[str], method: str) -> str | None:
    if not found:
        st.caption(_("No method has all of these words."))
        return None
    cards = method_cards.cards()
    default = method if method in found else found[0]
    chosen = choice(Param.CARD, Key.CARD, found, default)
    st.radio(
        ngettext("{n} method", "{n} methods", len(found)).format(n=len(found)),
        found,
        found.index(chosen) if chosen else 0,
        key=Key.CARD,
        format_func=lambda name: _(cards[name].title),
        captions=[_(cards[name].transfers) for name in found],
        on_change=choose,
        args=(Param.CARD, Key.CARD, default),
    )
    return chosen


# ---------------------------------------------------------------------------------------------- one card


def _card(now: Screen, card: Card) -> None:
    st.header(_(card.title), anchor=False)
    st.markdown(_(card.what))
    tapped(card.name, {})
    st.container(key="formula").latex(card.formula)
    st.markdown("  \n".join(f"${symbol}$ {_(meaning)}" for symbol, meaning in card.symbols.items()))
    st.markdown(f"**{_('Costs')}:** {_(card.cost)}")
    st.markdown(f"**{_('Hurts')}:** {_(card.hurts)}")
    st.caption(_(card.citation))
    _use(now, card.name)
    if card.parameters:
        _settings(card)
    _results(card, method_cards.comparisons())
    for title, source in method_cards.code(card.name).items():
        with st.expander(_("Code: {what}").format(what=title)):
            st.code(source, language="python")


def _use(now: Screen, name: str) -> None:
    """A link to the Train page with this method in the recipe, and with networks that it can run with."""
    wanted = now.draft.with_flat(method=name, parameters={})
    draft = experiment_checks.suited(wanted)
    label = _("Use it on the Train page")
    if draft != wanted:
        others = _("with {student} as student and {teacher} as teacher")
        label += ", " + others.format(student=draft.student, teacher=draft.teacher)
    kept = {
        key: value for key, value in st.query_params.items() if key in PAGE_PARAMETERS and key != Param.RUN
    }
    st.page_link(
        st.Page(train.page, url_path="train"),
        label=label,
        icon=":material/play_arrow:",
        query_params=kept | recipe_parameters(draft, now.base) | {Param.MORE: "method"},
    )


def _settings(card: Card) -> None:
    rows = [
        [
            escape(p.name),
            escape(p.choices[int(p.default)] if p.choices else f"{p.default:g}"),
            escape(_(p.help)),
            escape(_(p.source)),
        ]
        for p in card.parameters
    ]
    with st.container(key="method_settings"):
        st.html(table([_("setting"), _("default"), _("meaning"), _("source")], rows))


def _results(card: Card, comparisons: list[Comparison]) -> None:
    """What was measured of this method beside its twin, with the command that measures it again."""
    from kdcore.studies import method_comparison

    measured = [one for one in comparisons if card.name in {row.method for row in one.rows}]
    for comparison in measured:
        head, *lines = method_comparison.table(comparison.rows)
        own = next(line for line in lines if line[0] == card.name)
        st.html(table([_(name) for name in head[1:]], [list(map(escape, own[1:]))]))
        st.caption(_("Measured by: {command}").format(command=comparison.command))
    if measured:
        return
    st.caption(_("No measurement of it comes with the program. This prints a table of it beside its twin:"))
    st.code(f"python -m kdcore compare {_flags(card.name)}", language="shell", wrap_lines=True)


def _flags(name: str) -> str:
    """What `compare` needs to measure a method: it, and networks that it can run with."""
    default = Experiment()
    networks = experiment_checks.suited(default.with_flat(method=name)).with_flat(method=default.method)
    return " ".join([*flags_of(networks), f"--methods {name} --seeds 3"])
