"""What the networks cost, and what share of the gap between twin and teacher the student closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard.components.figure_downloads import take_away
from dashboard.components.result_tables import cost_table, table
from dashboard.data.network_answers import ComparedNetworks, errors
from dashboard.text.names import network_html, split_title
from dashboard.text.numbers import large, size_of
from dashboard.text.result_sentences import errors as counted
from dashboard.text.translation import _, plain
from dashboard.views.dark_knowledge.view_state import ViewState
from kdcore.errors import NetworkRefused
from kdcore.inference.models import InferenceModel
from kdcore.metrics import fidelity

if TYPE_CHECKING:
    from kdcore.networks import Facts

COUNTED = ("parameters", "MACs", "file bytes")


def draw(now: ViewState) -> None:
    """The table, and the sentence."""
    about = now.about
    if now.run is not None:
        st.html(cost_table(now.run.results))
        st.caption(
            _(
                "Twin and student are the same network and cost the same. Latency was measured when the run ended."
            )
        )
    frame = cost_frame(about, now.run.results if now.run else {})
    if now.run is None:
        st.html(_table(about, frame))
    take_away("costs", frame, picture=False)
    if sentence := gap_sentence(about):
        st.markdown(plain(sentence))


def cost_frame(about: ComparedNetworks, results: Mapping[str, Any]) -> pd.DataFrame:
    """Errors, parameters, MACs, the file's bytes, and the latency that a run's results tell: a network a row."""
    rows = []
    for name, knower, wrong in zip(about.names, about.shown, errors(about), strict=True):
        facts = _facts(knower)
        rows.append(
            {
                "who": name,
                "network": knower.network,
                "errors": wrong,
                "images": about.count,
                "parameters": facts.parameters if facts else None,
                "MACs": facts.macs if facts else None,
                "file bytes": knower.path.stat().st_size if knower.path.is_file() else None,
                **_latencies(results.get(knower.role, {}).get("latency", {})),
            }
        )
    return pd.DataFrame(rows).astype(
        dict.fromkeys(COUNTED, "Int64")
    )  # whole numbers, also where one is missing


def _facts(knower: InferenceModel) -> Facts | None:
    from kdcore import networks

    try:
        return networks.describe(knower.network, knower.shape, len(knower.classes))
    except NetworkRefused:
        return None


def _latencies(latency: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{quantile} seconds, batch of {batch}": latency[batch][quantile]
        for batch in ("1", "128")
        if batch in latency
        for quantile in ("p50", "p95")
    }


def _table(about: ComparedNetworks, frame: pd.DataFrame) -> str:
    heads = [_("costs"), _("network"), _("parameters"), _("MACs"), _("file")]
    rows = [
        [
            network_html(role, row["who"]),
            escape(row["network"]),
            _or_dash(row["parameters"], "{:,}".format),
            _or_dash(row["MACs"], large),
            _or_dash(row["file bytes"], size_of),
        ]
        for role, row in zip(about.roles, frame.to_dict("records"), strict=True)
    ]
    return table(heads, rows)


def _or_dash(number: Any, say: Callable[[Any], str]) -> str:
    return "–" if pd.isna(number) else say(number)


def gap_sentence(about: ComparedNetworks) -> str:
    """What the student closes of the gap between twin and teacher; empty where one of them is not shown."""
    by_role = {knower.role: wrong for knower, wrong in zip(about.shown, errors(about), strict=True)}
    if not {"teacher", "twin", "student"} <= set(by_role):
        return ""
    teacher, twin, student = (by_role[role] for role in ("teacher", "twin", "student"))
    said = _(
        "On {n} {split} images the teacher makes {teacher}, the twin {twin}, the student {student}."
    ).format(
        n=f"{about.count:,}",
        split=split_title(about.split),
        teacher=counted(teacher),
        twin=f"{twin:,}",
        student=f"{student:,}",
    )
    share = fidelity.gap_closed(teacher, twin, student)
    if share is None:
        return said + " " + _("The twin is no worse than the teacher: there is no gap to close.")
    if share < 0:
        return said + " " + _("Distilling widened the gap by {share} %.").format(share=f"{-100 * share:.0f}")
    return (
        said
        + " "
        + _("Distilling closes {share} % of the gap. This is one seed: another may differ.").format(
            share=f"{100 * share:.0f}"
        )
    )
