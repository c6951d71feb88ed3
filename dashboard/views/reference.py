"""Every method to look up: what it transfers, its formula, the code that runs, and what was measured; papers measured again."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.glossary_list import glossary_list
from dashboard.components.html_table import html_table
from dashboard.components.inference_wait import wait_until_warm
from dashboard.components.method_diagram import draw_method_diagram
from dashboard.components.method_results import budget_sentence, comparison_title, method_results
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.reproduction_results import reproduction_results
from dashboard.data import experiment_checks, method_cards, torch_imports
from dashboard.data.screen import Screen
from dashboard.pages import TRAIN, page_at
from dashboard.session import Key
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import _, listing, ngettext, plain, together, told
from dashboard.url.parameters import PAGE_PARAMETERS, Param
from dashboard.url.permalink import recipe_parameters
from dashboard.url.query_parameters import set_parameters, unknown
from dashboard.url.widget_values import read_choice, sync_widget, write_choice
from kdcore import plugins
from kdcore.cli.experiment_flags import flags_of
from kdcore.experiment import Experiment
from kdcore.texts import MARK, UNCALIBRATED

if TYPE_CHECKING:
    from kdcore.plan import Card
    from kdcore.studies.method_comparison import Comparison

LEFT, RIGHT = 1.0, 2.6
CARDS, FIGURES, PAPERS, WORDS = "cards", "figures", "papers", "words"


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    with notices_above(screen) as problems:
        st.markdown(
            _(
                "To look up: what each method transfers, its formula, the code that runs and what was measured of it; papers measured again; and every term on these pages."
            )
        )
        shown = _what_is_shown(problems)
        if shown == WORDS:
            glossary_list(page_titles())
        elif wait_until_warm():
            _draw_shown(screen, shown)


def _draw_shown(screen: Screen, shown: str) -> None:
    cards = method_cards.cards()
    if shown == FIGURES:
        for comparison in method_cards.comparisons():
            method_results(comparison, {name: _(card.title) for name, card in cards.items()})
    if shown == PAPERS:
        for measured in method_cards.reproductions():
            reproduction_results(measured)
    if shown != CARDS:
        return
    message = st.container()
    left, right = st.columns([LEFT, RIGHT], gap="large")
    with left:
        names = _search_methods(cards)
        chosen = _method_list(names, screen.draft.method)
    if (link_card := st.query_params.get(Param.CARD)) is not None and link_card not in cards:
        message.warning(
            plain(_("There is no method '{name}': the link was left out.").format(name=link_card))
        )
    if left_out := plugins.problems():
        message.warning("\n\n".join(plain(told(sentence)) for sentence in left_out))
    if chosen is not None:
        with right:
            _card(screen, cards[chosen])


def _what_is_shown(problems: list[str]) -> str:
    """Whether the reader asks for one card, the figures of all methods, papers that were measured again, or the glossary.

    Until torch is imported, what comes with the program is offered unseen: the glossary waits for nothing.
    """
    unseen = not torch_imports.warm()
    offered = {
        **({FIGURES: _("all measured methods")} if unseen or method_cards.comparisons() else {}),
        CARDS: _("one method"),
        **({PAPERS: _("papers measured again")} if unseen or method_cards.reproductions() else {}),
        WORDS: _("glossary"),
    }
    asks_for_one = Param.CARD in st.query_params or Param.FIND in st.query_params
    first = CARDS if asks_for_one else next(iter(offered))
    chosen = read_choice(Param.VIEW, Key.VIEW, offered, first)
    problems += unknown(Param.VIEW, offered, offered[chosen or first])
    st.segmented_control(
        _("Show"),
        list(offered),
        default=chosen,
        key=Key.VIEW,
        format_func=offered.__getitem__,
        on_change=write_choice,
        args=(Param.VIEW, Key.VIEW, first),
        required=True,
        label_visibility="collapsed",
    )
    return chosen or first


# ---------------------------------------------------------------------------------------------- finding one


def _search_methods(cards: dict[str, Card]) -> list[str]:
    """The methods whose card holds every word that was typed, those of one transfer beside each other."""
    query = sync_widget(Key.FIND, st.query_params.get(Param.FIND, ""))
    st.text_input(
        _("Search"), query, key=Key.FIND, on_change=_write_query, placeholder=_("attention, Hinton, ensemble")
    )
    words = query.lower().split()
    return [
        name
        for name in method_cards.methods_by_transfer()
        if all(w in _searchable_text(cards[name]) for w in words)
    ]


def _write_query() -> None:
    set_parameters(**{Param.FIND: st.session_state[Key.FIND] or None})


def _searchable_text(card: Card) -> str:
    words = (card.name, card.title, card.transfers, card.what, card.citation, card.hurts)
    return " ".join((*words, *map(_, words))).lower()


def _method_list(names: list[str], method: str) -> str | None:
    if not names:
        st.caption(_("No method has all of these words."))
        return None
    cards = method_cards.cards()
    default = method if method in names else names[0]
    chosen = read_choice(Param.CARD, Key.CARD, names, default)
    st.radio(
        ngettext("{n} method", "{n} methods", len(names)).format(n=len(names)),
        names,
        names.index(chosen) if chosen else 0,
        key=Key.CARD,
        format_func=lambda name: _(cards[name].title),
        captions=_group_captions(names),
        on_change=write_choice,
        args=(Param.CARD, Key.CARD, default),
    )
    return chosen


def _group_captions(names: list[str]) -> list[str]:
    """What methods transfer, at the first of those that transfer the same."""
    transfers = [_(method_cards.cards()[name].transfers) for name in names]
    return [text if text != before else "" for text, before in zip(transfers, ["", *transfers], strict=False)]


# ---------------------------------------------------------------------------------------------- one card


def _card(screen: Screen, card: Card) -> None:
    st.header(_(card.title), anchor=False)
    st.markdown(_(card.what))
    draw_method_diagram(card.name, {})
    st.container(key="formula").latex(card.formula)
    st.markdown("  \n".join(f"${symbol}$ {_(meaning)}" for symbol, meaning in card.symbols.items()))
    named = _("**{name}:** {what}")
    st.markdown(named.format(name=_("Costs"), what=_(card.cost)))
    st.markdown(named.format(name=_("Hurts"), what=_(card.hurts)))
    if card.uncalibrated:
        st.markdown(named.format(name=f"{_('Uncalibrated')} {MARK}", what=plain(uncalibrated_sentence(card))))
    st.caption(_(card.citation))
    if plugin := method_cards.plugin_of(card.name):
        st.caption(plain(_("From the plugin {name}.").format(name=plugin)))
    _link_to_train(screen, card.name)
    if card.parameters:
        _settings(card)
    _measurements(card, method_cards.comparisons())
    for title, source in method_cards.code(card.name).items():
        with st.expander(_("Code: {what}").format(what=title)):
            st.code(source, language="python")


def uncalibrated_sentence(card: Card) -> str:
    """Why the student's probabilities cannot be taken at their word, under which settings, and what helps."""
    sentence = _(UNCALIBRATED).format(why=_(card.uncalibrated))
    choices = {parameter.name: parameter.choices for parameter in card.parameters}
    settings = [f"{name} = {_(choices[name][int(v)])}" for name, v in card.uncalibrated_with.items()]
    if settings:
        sentence = together([sentence, _("This holds with {settings}.").format(settings=listing(settings))])
    return together([sentence, _("A run's result shows its NLL after one temperature fitted on validation images (Guo, Pleiss, Sun and Weinberger 2017).")])  # fmt: skip


def _link_to_train(screen: Screen, name: str) -> None:
    """A link to the Train page with this method in the recipe, and with networks that it can run with."""
    wanted = screen.draft.with_flat(method=name, parameters={})
    draft = experiment_checks.suited(wanted)
    label = _("Use it on the Train page")
    if draft != wanted:
        others = _("with {student} as student and {teacher} as teacher")
        label += ", " + others.format(student=draft.student, teacher=draft.teacher)
    kept = {
        key: value for key, value in st.query_params.items() if key in PAGE_PARAMETERS and key != Param.RUN
    }
    st.page_link(
        page_at(TRAIN),
        label=label,
        icon=":material/play_arrow:",
        query_params=kept | recipe_parameters(draft, screen.base) | {Param.MORE: "method"},
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
        st.html(html_table([_("setting"), _("default"), _("meaning"), _("source")], rows))


def _measurements(card: Card, comparisons: list[Comparison]) -> None:
    """What was measured of this method beside its twin, with the command that measures it again."""
    from kdcore.studies import method_comparison

    measured = [one for one in comparisons if card.name in {row.method for row in one.rows}]
    for comparison in measured:
        head, *lines = method_comparison.table(comparison.rows, _)
        own = next(line for line in lines if line[0] == card.name)
        st.markdown(f"**{plain(comparison_title(comparison))}**")
        st.caption(plain(budget_sentence(comparison)))
        st.html(html_table(head[1:], [list(map(escape, own[1:]))]))
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
