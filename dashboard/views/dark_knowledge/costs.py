"""What the networks cost, and what share of the gap between twin and teacher the student closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.network_label import network_html
from dashboard.components.result_tables import cost_table
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import errors
from dashboard.text.numbers import grouped, large, size_of
from dashboard.text.result_sentences import errors as counted
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, plain, together
from dashboard.views.dark_knowledge.view_state import ViewState
from kdcore.errors import NetworkRefused
from kdcore.inference.models import InferenceModel
from kdcore.metrics import fidelity

if TYPE_CHECKING:
    from kdcore.networks import Facts

COUNTED = ("parameters", "MACs", "file bytes")


def draw(state: ViewState) -> None:
    """The table, and the sentence."""
    compared = state.compared
    if state.run is not None:
        st.html(cost_table(state.run.results))
        st.caption(
            _(
                "Twin and student are the same network and cost the same. Latency was measured when the run ended."
            )
        )
    frame = cost_frame(compared, state.run.results if state.run else {})
    if state.run is None:
        st.html(_table(compared, frame))
    figure_downloads("costs", frame, picture=False)
    if sentence := gap_sentence(compared):
        st.markdown(plain(sentence))


def cost_frame(compared: ComparedNetworks, results: Mapping[str, Any]) -> pd.DataFrame:
    """Errors, parameters, MACs, the file's bytes, and the latency that a run's results tell: a network a row."""
    rows = []
    for name, network, wrong in zip(compared.names, compared.shown, errors(compared), strict=True):
        facts = network_facts(network)
        rows.append(
            {
                "who": name,
                "network": network.network,
                "errors": wrong,
                "images": compared.count,
                "parameters": facts.parameters if facts else None,
                "MACs": facts.macs if facts else None,
                "file bytes": network.path.stat().st_size if network.path.is_file() else None,
                **_latencies(results.get(network.role, {}).get("latency", {})),
            }
        )
    return pd.DataFrame(rows).astype(
        dict.fromkeys(COUNTED, "Int64")
    )  # whole numbers, also where one is missing


def network_facts(network: InferenceModel) -> Facts | None:
    """A network's parameters and multiply-adds; None where no network of that name takes these images."""
    from kdcore import networks

    try:
        return networks.describe(network.network, network.shape, len(network.classes))
    except NetworkRefused:
        return None


def _latencies(latency: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{quantile} seconds, batch of {batch}": latency[batch][quantile]
        for batch in ("1", "128")
        if batch in latency
        for quantile in ("p50", "p95")
    }


def _table(compared: ComparedNetworks, frame: pd.DataFrame) -> str:
    heads = [_("costs"), _("network"), _("parameters"), _("multiply-adds (MACs)"), _("file")]
    rows = [
        [
            network_html(role, row["who"]),
            escape(row["network"]),
            _or_dash(row["parameters"], "{:,}".format),
            _or_dash(row["MACs"], large),
            _or_dash(row["file bytes"], size_of),
        ]
        for role, row in zip(compared.roles, frame.to_dict("records"), strict=True)
    ]
    return html_table(heads, rows)


def _or_dash(number: Any, say: Callable[[Any], str]) -> str:
    return "–" if pd.isna(number) else say(number)


def gap_sentence(compared: ComparedNetworks) -> str:
    """What the student closes of the gap between twin and teacher; empty where one of them is not shown."""
    by_role = {network.role: wrong for network, wrong in zip(compared.shown, errors(compared), strict=True)}
    if not {"teacher", "twin", "student"} <= set(by_role):
        return ""
    teacher, twin, student = (by_role[role] for role in ("teacher", "twin", "student"))
    sentence = _(
        "On {n} {split} images the teacher makes {teacher}, the twin {twin}, the student {student}."
    ).format(
        n=grouped(compared.count),
        split=split_title(compared.split),
        teacher=counted(teacher),
        twin=grouped(twin),
        student=grouped(student),
    )
    share = fidelity.gap_closed(teacher, twin, student)
    if share is None:
        return together([sentence, _("The twin is no worse than the teacher: there is no gap to close.")])
    if share < 0:
        return together(
            [sentence, _("Distilling widened the gap by {share} %.").format(share=f"{-100 * share:.0f}")]
        )
    closed = _("Distilling closes {share} % of the gap. This is one seed: another may differ.")
    return together([sentence, closed.format(share=f"{100 * share:.0f}")])
