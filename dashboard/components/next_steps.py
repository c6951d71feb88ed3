"""After a run, where next: the questions that its figures raise, each one line that leads to where it is answered."""

from __future__ import annotations

import streamlit as st

from dashboard.data import method_cards, sweep_link
from dashboard.pages import DARK_KNOWLEDGE, SWEEP, page_at
from dashboard.text.numbers import grouped, signed
from dashboard.text.result_sentences import Results
from dashboard.text.translation import _, ngettext
from dashboard.url.parameters import Param
from dashboard.url.permalink import recipe_parameters
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep_findings import FIRST_SEEDS


def next_steps(run: Run, results: Results) -> None:
    """Draw the lines of a tested run; nothing of one that was not tested."""
    if "student" not in results or "twin" not in results:
        return
    with st.container(key="next_steps", gap="small"):
        st.markdown(f"**{_('Where next')}**")
        _to_networks(run, results)
        if method_cards.asks_teacher(run.experiment):
            if not method_cards.unused(run.experiment, "temperature"):
                _to_temperatures(run)
            _to_controls(run)
        _to_more_seeds(run, results)


def _line(path: str, label: str, parameters: dict[str, str]) -> None:
    st.page_link(page_at(path), label=label, icon=":material/arrow_forward:", query_params=parameters)


def _to_networks(run: Run, results: Results) -> None:
    label = ngettext(
        "What its networks know: the {n} test image that the student gets wrong, and what each believes of it",
        "What its networks know: the {n} test images that the student gets wrong, and what each believes of them",
        results["student"]["test_errors"],
    )
    wrong = grouped(results["student"]["test_errors"])
    _line(DARK_KNOWLEDGE, label.format(n=wrong), {Param.RUN: run.id, Param.VIEW: "confusions"})


def _to_temperatures(run: Run) -> None:
    own = run.experiment.temperature
    usual = [float(text) for text in sweep_link.SUGGESTED["temperature"].split(",")]
    temperatures = sorted({own, *usual})
    label = _("Which temperature is best: this run's T = {T} beside {n} others")
    _line(
        SWEEP,
        label.format(T=f"{own:g}", n=len(temperatures) - 1),
        _around(run, {"temperature": temperatures}),
    )


def _to_controls(run: Run) -> None:
    """Methods that are controls: softness without a teacher, a teacher's answers without softness."""
    controls = [card.name for card in method_cards.cards().values() if card.controls]
    methods = dict.fromkeys([run.experiment.method, *controls])
    _line(
        SWEEP,
        _("What would explain it otherwise: labels that are only smoothed, or the teacher's bare answers"),
        _around(run, {"method": [*methods]}),
    )


def _to_more_seeds(run: Run, results: Results) -> None:
    """One seed tells little: the same recipe with more of them."""
    apart = results["student"]["test_errors"] - results["twin"]["test_errors"]
    label = ngettext(
        "Whether the difference of {apart} errors comes again: the same with {n} seed",
        "Whether the difference of {apart} errors comes again: the same with {n} seeds",
        FIRST_SEEDS,
    )
    _line(
        SWEEP,
        label.format(apart=signed(apart), n=FIRST_SEEDS),
        {Param.SELECTED: run.id} | sweep_link.link_to_seeds(run.experiment, FIRST_SEEDS),
    )


def _around(run: Run, vary: dict[str, list[str] | list[float]]) -> dict[str, str]:
    """The link to a sweep around the run's recipe; the run stays selected."""
    usual = PRESETS[0].experiment
    return {
        Param.SELECTED: run.id,
        Param.VARY: sweep_link.vary_text(vary),
    } | recipe_parameters(seeded(run.experiment, usual.init_seed), usual)
