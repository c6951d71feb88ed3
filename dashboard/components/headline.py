"""The headline of a run: the newest validation errors as numbers that can be read from ten metres, and the NLL below.

Every text is escaped here; the style sheet is static.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from dashboard.charts.teacher_validation import teacher_phase
from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import STUDENT, TEACHER, TWIN, in_order, role
from dashboard.text.translation import _
from kdcore.texts import percent, points, signed


@dataclass(frozen=True)
class HeadlineFigure:
    """One headline number: a share of wrong answers, their count, and the difference to the twin's share.

    nll: nats per image on the same images; nll_difference: to the twin's. asked: false of a teacher that nobody learns from.
    Differences are student minus twin: below zero is better.
    """

    role: str
    share: float | None
    errors: int | None = None
    images: int = 0
    difference: float | None = None
    asked: bool = True
    nll: float | None = None
    nll_difference: float | None = None


def headline_figures(curves: Curves) -> list[HeadlineFigure]:
    """The newest validation errors and NLL of teacher, twin and students, in that order; None where there are none yet."""
    twin = curves.curve(TWIN.name, "val_error").last
    phase = teacher_phase(curves)
    teacher = _figure(TEACHER.name, *_error_curves(curves, TEACHER.name, phase), None)
    nll_of_teacher = curves.curve(TEACHER.name, "val_nll", phase).last
    figures = [replace(teacher, asked=curves.asks_teacher, nll=nll_of_teacher)]
    twin_nll = curves.curve(TWIN.name, "val_nll").last
    for name in in_order([TWIN.name, STUDENT.name, *curves.roles("val_error")]):
        if name != TEACHER.name:
            shares, counts = _error_curves(curves, name)
            difference = None
            if shares.last is not None and twin is not None and name != TWIN.name:
                difference = shares.last - twin
            nll = curves.curve(name, "val_nll").last
            apart = None if nll is None or twin_nll is None or name == TWIN.name else nll - twin_nll
            figures.append(replace(_figure(name, shares, counts, difference), nll=nll, nll_difference=apart))
    return figures


def _error_curves(curves: Curves, name: str, phase: str = "students") -> tuple[Curve, Curve]:
    return curves.curve(name, "val_error", phase), curves.curve(name, "val_errors", phase)


def _figure(name: str, shares: Curve, counts: Curve, difference: float | None) -> HeadlineFigure:
    if shares.last is None or counts.last is None:
        return HeadlineFigure(name, shares.last)
    pairs = zip(counts.values, shares.values, strict=True)
    images = next((round(errors / share) for errors, share in pairs if share), 0)
    return HeadlineFigure(name, shares.last, round(counts.last), images, difference)


def headline(curves: Curves) -> None:
    """Draw the three numbers."""
    st.html(headline_html(headline_figures(curves)))


def headline_html(figures: Sequence[HeadlineFigure]) -> str:
    """The numbers as HTML: role, percentage, count of errors and NLL, each with the difference to the twin."""
    cells, distilled = [], all(figure.asked for figure in figures)
    for figure in figures:
        who, of = role(figure.role), figure.images
        called = who.explained if distilled or figure.role != STUDENT.name else who.label
        value = "–" if figure.share is None else percent(figure.share, of)
        count = "" if figure.asked else escape(_("not asked"))
        if figure.errors is not None and of:
            count = _("{errors} of {images}").format(errors=f"{figure.errors:,}", images=f"{of:,}")
        if figure.difference is not None:
            count += f" · <b>{escape(_('{points} points').format(points=points(figure.difference, of)))}</b>"
        cells.append(
            f'<div class="figure {who.look}"><span class="who">{who.mark} {escape(called)}</span>'
            f'<span class="value">{escape(value)}</span><span class="count">{count or "&nbsp;"}</span>'
            f'<span class="count">{_nll(figure) or "&nbsp;"}</span></div>'
        )
    notes = "".join(
        f"<span>{escape(note)}</span>"
        for note in (_("wrong on validation"), _("bold: student − twin"), _("1 seed"))
    )
    label = escape(_("validation error"))
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
