"""Numbers as HTML: the headline, large enough to read from ten metres, and the tables of test figures and costs.

Every text is escaped here; the style sheet is static.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.charts.teacher_validation import teacher_phase
from dashboard.data.curves import Curve, Curves
from dashboard.text.numbers import large, percent, points, short_time, signed, size_of
from dashboard.text.roles import STUDENT, TEACHER, TWIN, in_order, role
from dashboard.text.translation import _

if TYPE_CHECKING:
    from kdcore.networks import Facts


@dataclass(frozen=True)
class HeadlineFigure:
    """One headline number: a share of wrong answers, their count, and the difference to the twin's share.

    asked: false of a teacher that nobody learns from.
    """

    role: str
    share: float | None
    errors: int | None = None
    images: int = 0
    difference: float | None = None
    asked: bool = True


def headline_figures(curves: Curves) -> list[HeadlineFigure]:
    """The newest validation errors of teacher, twin and students, in that order; None where there are none yet."""
    twin = curves.curve(TWIN.name, "val_error").last
    phase = teacher_phase(curves)
    teacher = _figure(TEACHER.name, *_error_curves(curves, TEACHER.name, phase), None)
    figures = [replace(teacher, asked=curves.asks_teacher)]
    for name in in_order([TWIN.name, STUDENT.name, *curves.roles("val_error")]):
        if name != TEACHER.name:
            shares, counts = _error_curves(curves, name)
            difference = None
            if shares.last is not None and twin is not None and name != TWIN.name:
                difference = shares.last - twin
            figures.append(_figure(name, shares, counts, difference))
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
    """The numbers as HTML: role, percentage, count of errors, difference in points."""
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
            f'<span class="value">{escape(value)}</span><span class="count">{count or "&nbsp;"}</span></div>'
        )
    notes = "".join(f"<span>{escape(note)}</span>" for note in (_("wrong on validation"), _("1 seed")))
    label = escape(_("validation error"))
    return f'<div class="headline" role="group" aria-label="{label}">{"".join(cells)}<div class="note">{notes}</div></div>'


def test_table(results: Mapping[str, Any]) -> str:
    """Test errors, accuracy, NLL and calibration of everyone, and the student's differences to its twin."""
    tested = [
        name
        for name in in_order(list(results))
        if isinstance(results[name], Mapping) and "test_errors" in results[name]
    ]
    heads = [_("on the test images"), _("errors"), _("accuracy"), _("NLL"), _("ECE")]
    rows = [[who(name), *_test_cells(results[name])] for name in tested]
    if STUDENT.name in tested and TWIN.name in tested:
        rows.append(
            [
                escape(_("student − twin")),
                *_difference_cells(results[STUDENT.name], results[TWIN.name]),
            ]
        )
    return table(
        heads,
        rows,
        [
            _(t)
            for t in ("", "", "", "mean negative log-likelihood, nats an image", "expected calibration error")
        ],
    )


def _test_cells(tested: Mapping[str, Any]) -> list[str]:
    images = tested["test_images"]
    return [
        escape(_("{errors} of {images}").format(errors=f"{tested['test_errors']:,}", images=f"{images:,}")),
        percent(tested["test_accuracy"], images),
        f"{tested['test_nll']:.3f}",
        f"{100 * tested['test_ece']:.1f} %",
    ]


def _difference_cells(student: Mapping[str, Any], twin: Mapping[str, Any]) -> list[str]:
    errors, nll, ece = (student[key] - twin[key] for key in ("test_errors", "test_nll", "test_ece"))
    images = student["test_images"]
    differences = [signed(errors), points(-errors / images, images), signed(nll, 3), signed(100 * ece, 1)]
    units = ["", _("points"), "", _("points")]
    return [escape(f"{value} {unit}".strip()) for value, unit in zip(differences, units, strict=True)]


def size_table(facts: Mapping[str, Facts]) -> str:
    """What the networks cost, before anything is trained."""
    heads = [_("costs"), _("parameters"), _("MACs"), _("size")]
    rows = [
        [who(name) + f" {escape(fact.name)}", f"{fact.parameters:,}", large(fact.macs), size_of(fact.bytes)]
        for name, fact in facts.items()
    ]
    return table(heads, rows)


def cost_table(results: Mapping[str, Any]) -> str:
    """Parameters, MACs, size and latency of the teacher and the student."""
    heads = [
        _("costs"),
        _("parameters"),
        _("MACs"),
        _("size"),
        _("1 image, p50 (p95)"),
        _("128 images, p50 (p95)"),
    ]
    rows = []
    for name in (TEACHER.name, STUDENT.name):
        if name in results:
            tested = results[name]
            rows.append([
                who(name) + f" {escape(tested['network'])}", f"{tested['parameters']:,}", large(tested["macs"]), size_of(tested["bytes"]),
                *(_latency(tested.get("latency", {}), batch) for batch in ("1", "128")),
            ])  # fmt: skip
    note = ""
    if any(
        results[name].get("latency", {}).get("disturbed")
        for name in (TEACHER.name, STUDENT.name)
        if name in results
    ):
        note = f'<p class="small">* {escape(_("measured while something else was running here"))}</p>'
    return table(heads, rows) + note


def _latency(latency: Mapping[str, Any], batch: str) -> str:
    if batch not in latency:
        return "–"
    text = f"{short_time(latency[batch]['p50'])} ({short_time(latency[batch]['p95'])})"
    return escape(text + ("*" if latency.get("disturbed") else ""))


def who(name: str) -> str:
    """A role's mark and name in its colour, as HTML."""
    known = role(name)
    return f'<span class="{known.look} who">{known.mark} {escape(known.label)}</span>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> str:
    """A table as HTML. Cells are HTML already; heads and their titles are escaped here."""
    titles = titles or [""] * len(heads)
    head = "".join(
        f'<th scope="col"{f" title={chr(34)}{escape(title)}{chr(34)}" if title else ""}>{escape(text)}</th>'
        for text, title in zip(heads, titles, strict=True)
    )
    body = "".join(
        "<tr>" + f'<th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
