"""Tables of a run's results: test figures, and what the networks cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from dashboard.components.html_table import html_table
from dashboard.components.network_label import role_html
from dashboard.text.numbers import grouped, large, percent, percentage, points, short_time, signed, size_of
from dashboard.text.roles import STUDENT, TEACHER, TWIN, in_order
from dashboard.text.translation import _
from kdcore.studies.run_conclusion import nll_difference
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.networks import Facts


def test_table(results: Mapping[str, Any], *, uncalibrated: bool) -> str:
    """Test errors, NLL and calibration of everyone, and how the student differs from its twin: below zero is better.

    What a temperature fitted on validation makes of the NLL is shown where a run kept it. uncalibrated: whether the
    student's loss leaves its probabilities open, which is marked.
    """
    tested = {
        name: results[name]
        for name in in_order(list(results))
        if isinstance(results[name], Mapping) and "test_errors" in results[name]
    }
    fitted = any("fitted_temperature" in found for found in tested.values())
    rows = [
        [_who(name, uncalibrated and name == STUDENT.name), *_test_cells(found, fitted)]
        for name, found in tested.items()
    ]
    further = [column for column in FURTHER if any(column.key in found for found in tested.values())]
    for row, found in zip(rows, tested.values(), strict=True):
        row += [column.text(found) for column in further]
    if STUDENT.name in tested and TWIN.name in tested:
        below = escape(_("below zero is better"))
        label = f'<span title="{below}">{escape(_("student − twin"))}</span>'
        student, twin = tested[STUDENT.name], tested[TWIN.name]
        rows.append(
            [label, *_difference_cells(student, twin, fitted)]
            + [column.difference_text(student, twin) for column in further]
        )
    columns = [*TESTED, *(FITTED if fitted else ()), *((column.head, column.explained) for column in further)]
    table = html_table([_(head) for head, _title in columns], rows, [_(title) for _head, title in columns])
    return table + _spread_note(tested) + _truth_note(results)


def _spread_note(tested: Mapping[str, Mapping[str, Any]]) -> str:
    """What ± in the last row is of, and why the count of errors has none; empty where there is no ±."""
    if not {STUDENT.name, TWIN.name} <= tested.keys():
        return ""
    student, twin = tested[STUDENT.name], tested[TWIN.name]
    if nll_difference(student, twin).standard_error is None:
        return ""
    note = _(
        "± after the NLL: the standard error over the {images} test images, that is, how far other images of the same kind could move the "
        "difference. The count of errors has no ±: it is one number of one seed, and one seed has no spread."
    ).format(images=grouped(student["test_images"]))
    return f'<p class="small">{escape(note)}</p>'


def _truth_note(results: Mapping[str, Any]) -> str:
    """What is to be expected of the truth itself; empty where nobody knows it."""
    facts = results.get("dataset", {})
    if "truth" not in facts:
        return ""
    note = _(
        "The labels of these images were drawn from known probabilities. A network that said exactly these would err on {errors} of {images}, "
        "with an NLL of {nll}."
    ).format(
        errors=grouped(facts["truth"]["errors"]),
        images=grouped(facts["images"]["test"]),
        nll=f"{facts['truth']['nll']:.3f}",
    )
    return f'<p class="small">{escape(note)}</p>'


TESTED = (
    (N_("on the test images"), ""),
    (N_("errors"), ""),
    (N_("error"), ""),
    (N_("NLL"), N_("mean negative log-likelihood, nats per image")),
    (N_("ECE"), N_("expected calibration error")),
)
"""Columns of the test figures, with their explanations."""


@dataclass(frozen=True)
class FurtherColumn:
    """A column of test figures that only some datasets have.

    Attributes:
        key: of the figure among a network's results.
        head: what the column is called.
        explained: what it means.
        shown: the figure as text.
        apart: student minus twin as text.
    """

    key: str
    head: str
    explained: str
    shown: Callable[[float], str]
    apart: Callable[[float], str]

    def text(self, tested: Mapping[str, Any]) -> str:
        """A network's cell."""
        return escape(self.shown(tested[self.key])) if self.key in tested else "–"

    def difference_text(self, student: Mapping[str, Any], twin: Mapping[str, Any]) -> str:
        """The cell of the last row."""
        both = self.key in student and self.key in twin
        return escape(self.apart(student[self.key] - twin[self.key])) if both else "–"


FURTHER = (
    FurtherColumn(
        "test_truth_kl",
        N_("KL to the truth"),
        N_("how far its probabilities are from those the labels were drawn from, nats per image"),
        lambda kl: f"{kl:.3f}",
        lambda apart: signed(apart, 3),
    ),
    FurtherColumn(
        "test_balanced_error",
        N_("classes alike"),
        N_("the error with every class counted alike, however many images it has"),
        lambda error: percentage(error, 1),
        lambda apart: _("{n} points").format(n=signed(100 * apart, 1)),
    ),
)
"""The columns of datasets whose truth is known, and of those in which some classes are many times as common as others."""
FITTED = (
    (N_("fitted T"), N_("the temperature at which the validation labels are likeliest")),
    (N_("NLL then"), N_("NLL on test after dividing the logits by the fitted temperature")),
)
"""Columns of what a temperature fitted on validation makes of a network (Guo et al. 2017), with their explanations."""


def _who(name: str, uncalibrated: bool) -> str:
    if not uncalibrated:
        return role_html(name)
    why = escape(_("its loss leaves its probabilities open: see the sentence above"))
    return f'{role_html(name)} <span class="mark" title="{why}">{escape(_("uncalibrated"))}</span>'


def _test_cells(tested: Mapping[str, Any], fitted: bool) -> list[str]:
    images = tested["test_images"]
    cells = [
        escape(
            _("{errors} of {images}").format(errors=grouped(tested["test_errors"]), images=grouped(images))
        ),
        percent(tested["test_errors"] / images, images),
        f"{tested['test_nll']:.3f}",
        percentage(tested["test_ece"], 1),
    ]
    if not fitted:
        return cells
    if "fitted_temperature" not in tested:
        return [*cells, "–", "–"]
    return [*cells, f"{tested['fitted_temperature']:.2g}", f"{tested['test_nll_fitted']:.3f}"]


def _difference_cells(student: Mapping[str, Any], twin: Mapping[str, Any], fitted: bool) -> list[str]:
    """Student minus twin, cell by cell; of the NLL with the standard error of the images' differences."""
    errors, ece = (student[key] - twin[key] for key in ("test_errors", "test_ece"))
    images, nll = student["test_images"], nll_difference(student, twin)
    spread = "" if nll.standard_error is None else f" ± {nll.standard_error:.3f}"
    cells = [
        signed(errors),
        _("{n} points").format(n=points(errors / images, images)),
        signed(nll.mean, 3) + spread,
        _("{n} points").format(n=signed(100 * ece, 1)),
    ]
    if fitted:
        known = all("test_nll_fitted" in found for found in (student, twin))
        then = signed(student["test_nll_fitted"] - twin["test_nll_fitted"], 3) if known else "–"
        cells += ["", then]
    return [escape(cell) for cell in cells]


def size_table(facts: Mapping[str, Facts]) -> str:
    """What the networks cost, before anything is trained."""
    heads = [_("costs"), _("parameters"), _("multiply-adds (MACs)"), _("size")]
    rows = [
        [
            role_html(name) + f" {escape(fact.name)}",
            grouped(fact.parameters),
            large(fact.macs),
            size_of(fact.bytes),
        ]
        for name, fact in facts.items()
    ]
    return html_table(heads, rows)


def cost_table(results: Mapping[str, Any]) -> str:
    """Parameters, MACs, size and latency of the teacher and the student."""
    heads = [
        _("costs"),
        _("parameters"),
        _("multiply-adds (MACs)"),
        _("size"),
        _("1 image: median (95 % take less than)"),
        _("128 images: median (95 % take less than)"),
    ]
    rows = []
    for name in (TEACHER.name, STUDENT.name):
        if name in results:
            tested = results[name]
            rows.append([
                role_html(name) + f" {escape(tested['network'])}", grouped(tested['parameters']), large(tested["macs"]), size_of(tested["bytes"]),
                *(_latency(tested.get("latency", {}), batch) for batch in ("1", "128")),
            ])  # fmt: skip
    note = ""
    if any(
        results[name].get("latency", {}).get("disturbed")
        for name in (TEACHER.name, STUDENT.name)
        if name in results
    ):
        note = f'<p class="small">* {escape(_("measured while something else was running here"))}</p>'
    return html_table(heads, rows) + note


def _latency(latency: Mapping[str, Any], batch: str) -> str:
    if batch not in latency:
        return "–"
    text = f"{short_time(latency[batch]['p50'])} ({short_time(latency[batch]['p95'])})"
    return escape(text + ("*" if latency.get("disturbed") else ""))
