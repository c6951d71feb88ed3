"""All methods that were measured together: size against accuracy, and how each one's errors differ from its twin's."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.charts.method_differences import measured_rows, method_difference_frame, method_difference_spec
from dashboard.charts.method_size_accuracy import method_size_accuracy_frame, method_size_accuracy_spec
from dashboard.components.html_table import html_table
from dashboard.components.measured_on import measured_on
from dashboard.components.style import theme
from dashboard.text.translation import _, listing, plain
from kdcore.texts import MARK

if TYPE_CHECKING:
    from kdcore.studies.converged_budget import ConvergedBudget
    from kdcore.studies.method_comparison import Comparison

PLANE, RANKING = 1.0, 1.5


def method_results(comparison: Comparison, titles: Mapping[str, str]) -> None:
    """Draw both figures of a comparison, their captions, what was refused, and the command that measures it again."""
    st.subheader(plain(comparison_title(comparison)), anchor=False)
    st.caption(plain(budget_sentence(comparison)))
    rows = measured_rows(comparison)
    if not rows:
        st.caption(_("None of this was measured."))
        return
    left, right = st.columns([PLANE, RANKING], gap="medium")
    with left:
        alt = _("Test accuracy against parameters: teacher, twin, a tick a method, arrows from the twin")
        key = f"plane_{comparison.name}"
        st.vega_lite_chart(
            method_size_accuracy_frame(comparison, titles),
            method_size_accuracy_spec(theme()),
            key=key,
            width="stretch",
            alt=alt,
        )
        st.caption(_("A tick is a method's student. Arrows lead from the twin to the best and to the worst."))
    with right:
        alt = _(
            "Errors of every method less those of its twin, a dot a seed, the mean with its standard error"
        )
        frame, spec = method_difference_frame(comparison, titles), method_difference_spec(theme(), len(rows))
        st.vega_lite_chart(frame, spec, key=f"difference_{comparison.name}", width="stretch", alt=alt)
        st.caption(
            _(
                "Left of the line a method errs less than its twin. A dot is a seed, a triangle the mean with its standard error. It is filled where the difference in errors may be claimed: by "
                "a paired test over the seeds, at 5 % in all methods. Elsewhere the table says how many seeds could tell; NLL is in the table too, where it was kept."
            )
        )
    refused = [titles.get(row.method, row.method) for row in comparison.rows if row.refused]
    if refused:
        st.caption(_("Not with these networks: {methods}").format(methods=listing(refused)))
    _tables(comparison, titles)
    st.caption(_("Measured by: {command}").format(command=comparison.command))


def _tables(comparison: Comparison, titles: Mapping[str, str]) -> None:
    with st.expander(_("The same as a table")):
        st.html(_table(comparison, titles))
        for note in _notes(comparison, titles):
            st.caption(plain(note))
    if comparison.budget is not None:
        with st.expander(_("How the budget and the learning rates were found")):
            st.html(_evidence(comparison.budget))
            st.html(_details(comparison, titles))


def _table(comparison: Comparison, titles: Mapping[str, str]) -> str:
    from kdcore.studies.method_comparison import table as lines_of
    from kdcore.studies.method_comparison import uncalibrated_methods

    head, *lines = lines_of(comparison.rows, _)
    marked = uncalibrated_methods(comparison.experiment, comparison.rows)
    rows = [
        [escape(titles.get(name, name) + (f" {MARK}" if name in marked else "")), *map(escape, cells)]
        for name, *cells in lines
        if cells[0]
    ]
    return html_table(head, rows)


def budget_sentence(comparison: Comparison) -> str:
    """Whether the twin had learned all that it can at the budget of a comparison."""
    from kdcore.studies.converged_report import conclusion

    if comparison.budget is not None:
        return conclusion(comparison.budget, _)
    return _(
        "In a hurry: whether the twin has converged at this budget was not measured, and more epochs may change the order."
    )


def _evidence(budget: ConvergedBudget) -> str:
    from kdcore.studies.converged_report import evidence

    head, *lines = evidence(budget, _)
    return html_table(head, [list(map(escape, cells)) for cells in lines])


def _details(comparison: Comparison, titles: Mapping[str, str]) -> str:
    from kdcore.studies.converged_report import details

    head, *lines = details(comparison.rows, _)
    return html_table(head, [[escape(titles.get(name, name)), *map(escape, cells)] for name, *cells in lines])


def _notes(comparison: Comparison, titles: Mapping[str, str]) -> list[str]:
    """What the marks of the table mean."""
    from kdcore.studies.method_comparison import uncalibrated_notes

    return uncalibrated_notes(comparison.experiment, comparison.rows, lambda name: titles.get(name, name), _)


def comparison_title(comparison: Comparison) -> str:
    """On what the methods of a comparison were measured."""
    seeds = max((len(row.student) for row in comparison.rows), default=0)
    images = max((row.images or 0 for row in comparison.rows), default=0)
    return measured_on(comparison.experiment, seeds, images)
