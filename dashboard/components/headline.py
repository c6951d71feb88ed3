"""The headline of a run: its errors as numbers that can be read from ten metres, and the NLL below.

Those on validation while it trains, and those on the test images when it has been tested; which, is said.

Every text is escaped here; the style sheet is static.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

import streamlit as st

from dashboard.charts.teacher_validation import teacher_phase
from dashboard.components.network_label import meaning
from dashboard.data import method_cards, run_curves
from dashboard.data.curves import Curve, Curves
from dashboard.data.page_state import is_going_on
from dashboard.text.numbers import grouped, percent, signed
from dashboard.text.roles import STUDENT, TEACHER, TWIN, in_order, role
from dashboard.text.translation import _
from kdcore.runs.run_record import Run
from kdcore.texts import N_

Split = Literal["validation", "test"]
WRONG: Mapping[Split, str] = {
    "validation": N_("wrong on validation images"),
    "test": N_("wrong on test images"),
}


@dataclass(frozen=True)
class HeadlineFigure:
    """One headline number: a share of wrong answers, their count, and the difference to the twin's count.

    nll: nats per image on the same images; nll_difference: to the twin's. balanced: the share of wrong answers with every class
    counted alike, where some classes are many times as common as others. asked: false of a teacher that nobody learns from.
    Differences are student minus twin: below zero is better.
    """

    role: str
    share: float | None
    errors: int | None = None
    images: int = 0
    difference: int | None = None
    asked: bool = True
    nll: float | None = None
    nll_difference: float | None = None
    balanced: float | None = None


def headline_figures(curves: Curves) -> list[HeadlineFigure]:
    """The newest validation errors and NLL of teacher, twin and students, in that order; None where there are none yet."""
    twin = curves.curve(TWIN.name, "val_errors").last
    phase = teacher_phase(curves)
    teacher = _figure(TEACHER.name, *_error_curves(curves, TEACHER.name, phase), None)
    nll_of_teacher = curves.curve(TEACHER.name, "val_nll", phase).last
    figures = [replace(teacher, asked=curves.asks_teacher, nll=nll_of_teacher)]
    twin_nll = curves.curve(TWIN.name, "val_nll").last
    for name in in_order([TWIN.name, STUDENT.name, *curves.roles("val_error")]):
        if name != TEACHER.name:
            shares, counts = _error_curves(curves, name)
            difference = None
            if counts.last is not None and twin is not None and name != TWIN.name:
                difference = round(counts.last - twin)
            nll = curves.curve(name, "val_nll").last
            apart = None if nll is None or twin_nll is None or name == TWIN.name else nll - twin_nll
            figures.append(replace(_figure(name, shares, counts, difference), nll=nll, nll_difference=apart))
    return figures


def _error_curves(curves: Curves, name: str, phase: str = "students") -> tuple[Curve, Curve]:
    return curves.curve(name, "val_error", phase), curves.curve(name, "val_errors", phase)


def tested_figures(run: Run) -> list[HeadlineFigure]:
    """The errors and NLL of a run's networks on the test images, in the same order; empty before they were tested."""
    results = run_curves.results(run)
    if STUDENT.name not in results or TWIN.name not in results:
        return []
    twin = results[TWIN.name]
    asks = method_cards.asks_teacher(run.experiment)
    figures = [] if asks else [HeadlineFigure(TEACHER.name, None, asked=False)]
    for name in in_order([name for name in results if _is_tested(results[name])]):
        tested = results[name]
        errors, images = tested["test_errors"], tested["test_images"]
        figure = HeadlineFigure(name, errors / images, errors, images, asked=asks, nll=tested["test_nll"])
        figure = replace(figure, balanced=tested.get("test_balanced_error"))
        if name not in (TEACHER.name, TWIN.name):
            figure = replace(
                figure,
                difference=errors - twin["test_errors"],
                nll_difference=tested["test_nll"] - twin["test_nll"],
            )
        figures.append(figure)
    return figures


def _is_tested(figures: object) -> bool:
    return isinstance(figures, Mapping) and "test_errors" in figures and "test_nll" in figures


def _figure(name: str, shares: Curve, counts: Curve, difference: int | None) -> HeadlineFigure:
    if shares.last is None or counts.last is None:
        return HeadlineFigure(name, shares.last)
    pairs = zip(counts.values, shares.values, strict=True)
    images = next((round(errors / share) for errors, share in pairs if share), 0)
    return HeadlineFigure(name, shares.last, round(counts.last), images, difference)


def headline(curves: Curves) -> None:
    """Draw the three numbers."""
    st.html(headline_html(headline_figures(curves)))


def run_headline_html(run: Run, curves: Curves) -> str:
    """The headline of a run as it stands now."""
    tested = [] if is_going_on(run) else tested_figures(run)
    unbiased = bool(run.experiment.omit)
    if tested:
        return headline_html(tested, on="test", unbiased=unbiased)
    return headline_html(headline_figures(curves), unbiased=unbiased)


def headline_html(
    figures: Sequence[HeadlineFigure], on: Split = "validation", *, unbiased: bool = False
) -> str:
    """The numbers as HTML: role, percentage, count of errors and NLL, each with the difference to the twin.

    on: the images that were asked about. unbiased: whether it has to be said that no bias of a class that was left out is in them.
    """
    cells, distilled = [], all(figure.asked for figure in figures)
    for figure in figures:
        who, of = role(figure.role), figure.images
        called = who.explained if distilled or figure.role != STUDENT.name else who.label
        value = "–" if figure.share is None else percent(figure.share, of)
        count = "" if figure.asked else escape(_("not asked"))
        if figure.errors is not None and of:
            count = _("{errors} of {images}").format(errors=grouped(figure.errors), images=grouped(of))
        if figure.difference is not None:
            count += f" · <b>{escape(_('{n} errors').format(n=signed(figure.difference)))}</b>"
        cells.append(
            f'<div class="figure {who.look}"><span class="who"{meaning(who)}>{who.mark} {escape(called)}</span>'
            f'<span class="value">{escape(value)}</span><span class="count">{count or "&nbsp;"}</span>'
            f'<span class="count">{_nll(figure) or "&nbsp;"}</span>{_balanced(figure)}</div>'
        )
    said = [
        _(WRONG[on]),
        _("bold: student − twin"),
        _("1 seed"),
        *([_("without a bias")] if unbiased else []),
    ]
    notes = "".join(f"<span>{escape(note)}</span>" for note in said)
    label = escape(_(WRONG[on]))
    return f'<div class="headline" role="group" aria-label="{label}">{"".join(cells)}<div class="note">{notes}</div></div>'


def _nll(figure: HeadlineFigure) -> str:
    """The NLL and its difference to the twin's as HTML; empty where it is not known."""
    if figure.nll is None:
        return ""
    explained = escape(_("mean negative log-likelihood, nats per image: lower is better"))
    text = f'<span title="{explained}">{escape(_("NLL {nll}").format(nll=f"{figure.nll:.3f}"))}</span>'
    if figure.nll_difference is None:
        return text
    return f"{text} · <b>{escape(signed(figure.nll_difference, 3))}</b>"


def _balanced(figure: HeadlineFigure) -> str:
    """The share of wrong answers with every class counted alike as HTML; empty where the classes are about as common."""
    if figure.balanced is None:
        return ""
    text = _("{share} with every class counted alike").format(share=percent(figure.balanced, figure.images))
    return f'<span class="count">{escape(text)}</span>'
