"""Tables of a run's results: test figures, and what the networks cost."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from dashboard.components.html_table import html_table
from dashboard.components.network_label import role_html
from dashboard.text.numbers import large, percent, points, short_time, signed, size_of
from dashboard.text.roles import STUDENT, TEACHER, TWIN, in_order
from dashboard.text.translation import _

if TYPE_CHECKING:
    from kdcore.networks import Facts


def test_table(results: Mapping[str, Any]) -> str:
    """Test errors, accuracy, NLL and calibration of everyone, and the student's differences to its twin."""
    tested = [
        name
        for name in in_order(list(results))
        if isinstance(results[name], Mapping) and "test_errors" in results[name]
    ]
    heads = [_("on the test images"), _("errors"), _("accuracy"), _("NLL"), _("ECE")]
    titles = ["", "", "", _("mean negative log-likelihood, nats per image"), _("expected calibration error")]
    if any("test_truth_kl" in results[name] for name in tested):
        heads.append(_("KL to the truth"))
        titles.append(
            _("how far its probabilities are from those the labels were drawn from, nats per image")
        )
    rows = [[role_html(name), *_test_cells(results[name])] for name in tested]
    if STUDENT.name in tested and TWIN.name in tested:
        rows.append(
            [
                escape(_("student − twin")),
                *_difference_cells(results[STUDENT.name], results[TWIN.name]),
            ]
        )
    return html_table(heads, rows, titles) + _truth_note(results)


def _truth_note(results: Mapping[str, Any]) -> str:
    """What is to be expected of the truth itself; empty where nobody knows it."""
    facts = results.get("dataset", {})
    if "truth" not in facts:
        return ""
    note = _(
        "The labels of these images were drawn from known probabilities. Who said exactly these would err on {errors} of {images}, "
        "with an NLL of {nll}."
    ).format(
        errors=f"{facts['truth']['errors']:,}",
        images=f"{facts['images']['test']:,}",
        nll=f"{facts['truth']['nll']:.3f}",
    )
    return f'<p class="small">{escape(note)}</p>'


def _test_cells(tested: Mapping[str, Any]) -> list[str]:
    images = tested["test_images"]
    return [
        escape(_("{errors} of {images}").format(errors=f"{tested['test_errors']:,}", images=f"{images:,}")),
        percent(tested["test_accuracy"], images),
        f"{tested['test_nll']:.3f}",
        f"{100 * tested['test_ece']:.1f} %",
        *([f"{tested['test_truth_kl']:.3f}"] if "test_truth_kl" in tested else []),
    ]


def _difference_cells(student: Mapping[str, Any], twin: Mapping[str, Any]) -> list[str]:
    errors, nll, ece = (student[key] - twin[key] for key in ("test_errors", "test_nll", "test_ece"))
    images = student["test_images"]
    differences = [signed(errors), points(-errors / images, images), signed(nll, 3), signed(100 * ece, 1)]
    units = ["", _("points"), "", _("points")]
    if "test_truth_kl" in student and "test_truth_kl" in twin:
        differences.append(signed(student["test_truth_kl"] - twin["test_truth_kl"], 3))
        units.append("")
    return [escape(f"{value} {unit}".strip()) for value, unit in zip(differences, units, strict=True)]


def size_table(facts: Mapping[str, Facts]) -> str:
    """What the networks cost, before anything is trained."""
    heads = [_("costs"), _("parameters"), _("MACs"), _("size")]
    rows = [
        [
            role_html(name) + f" {escape(fact.name)}",
            f"{fact.parameters:,}",
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
                role_html(name) + f" {escape(tested['network'])}", f"{tested['parameters']:,}", large(tested["macs"]), size_of(tested["bytes"]),
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
