"""Whether the networks are right as often as they believe to be, and what one fitted temperature changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.reliability_diagram import reliability_spec
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.inference_wait import wait_for_outputs
from dashboard.components.network_label import network_html
from dashboard.data.compared_networks import ComparedNetworks, compared_networks
from dashboard.data.network_metrics import calibrations, spreads
from dashboard.text.numbers import grouped, percentage
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, plain, together
from dashboard.views.dark_knowledge.view_state import ViewState, chart
from kdcore.metrics.calibration import BINS, Calibration

FAR = 3.0
"""From this ratio of two siblings' spreads the narrow one's dark knowledge counts as lost."""
ALIKE = 1.2
"""Below this ratio two spreads are about the same."""


def draw(state: ViewState) -> None:
    """Reliability before and after the fit, the table, and the spread of the non-answer logits."""
    compared = state.compared
    if not wait_for_outputs(compared.shown, ("validation",)):
        return
    validation = compared_networks(compared.shown, "validation")
    if validation is None:
        return
    fits = calibrations(validation, compared)
    titles = (_("As they are, T = 1"), _("At the temperature fitted on validation images"))
    spec = reliability_spec(state.theme, compared.names, compared.roles)
    for column, after, title in zip(st.columns(2), (False, True), titles, strict=True):
        with column:
            st.markdown(f"**{title}**")
            key = "reliability_after" if after else "reliability"
            chart(
                key,
                reliability_frame(compared, fits, after=after),
                spec,
                _("Reliability diagram: {title}").format(title=title),
            )
    frame = calibration_frame(compared, fits)
    st.html(_table(compared, frame))
    figure_downloads("calibration", frame, picture=False)
    first = _(
        "{n} {split} images in {bins} bins of equal width; a mark's area grows with its bin's images. On the dashed line belief and truth agree. ECE: the mean distance from it, each image counted once."
    ).format(n=grouped(compared.count), split=split_title(compared.split), bins=BINS)
    sentences = [first]
    if compared.split == validation.split:
        sentences.append(_("T is fitted and measured on the same images here: on others it may gain less."))
    if any(one.trained_on_validation for one in compared.shown):
        sentences.append(
            _(
                "Networks of a run that trains on the validation images know these too well: the T that is fitted there suits no others."
            )
        )
    st.caption(together(sentences))
    siblings = len({network.network for network in compared.shown}) == 1
    st.markdown(plain(spread_sentence(compared.spoken, spreads(compared), siblings=siblings)))


def reliability_frame(
    compared: ComparedNetworks, fits: Sequence[Calibration], *, after: bool
) -> pd.DataFrame:
    """Each network's bins that have images (see `charts.reliability_diagram`)."""
    rows = []
    for name, fit in zip(compared.names, fits, strict=True):
        bins = fit.reliability_after if after else fit.reliability_before
        for i, images in enumerate(bins.count.tolist()):
            if images:
                rows.append(
                    {
                        "who": name,
                        "confidence": float(bins.confidence[i]),
                        "accuracy": float(bins.accuracy[i]),
                        "images": images,
                        "low": float(bins.edges[i]),
                        "high": float(bins.edges[i + 1]),
                    }
                )
    return pd.DataFrame(rows)


def calibration_frame(compared: ComparedNetworks, fits: Sequence[Calibration]) -> pd.DataFrame:
    """ECE and NLL before and after, the fitted temperature and the non-answer spread, a network a row."""
    return pd.DataFrame(
        [
            {
                "who": name,
                "ECE": fit.ece_before,
                "ECE at the fitted T": fit.ece_after,
                "NLL": fit.nll_before,
                "NLL at the fitted T": fit.nll_after,
                "fitted T": fit.temperature,
                "spread of the non-answer logits": spread,
            }
            for name, fit, spread in zip(compared.names, fits, spreads(compared), strict=True)
        ]
    )


def _table(compared: ComparedNetworks, frame: pd.DataFrame) -> str:
    heads = [_("network"), _("ECE"), _("fitted T"), _("ECE then"), _("NLL"), _("NLL then"), _("spread")]
    titles = [
        "",
        _("expected calibration error"),
        _("the temperature at which the validation labels are likeliest"),
        _("expected calibration error at the fitted temperature"),
        _("mean negative log-likelihood, nats per image"),
        _("the same at the fitted temperature"),
        _("within a class, standard deviation of the logits outside the label"),
    ]
    rows = [
        [
            network_html(role, row["who"]),
            percentage(row["ECE"], 2),
            f"{row['fitted T']:.2f}",
            percentage(row["ECE at the fitted T"], 2),
            f"{row['NLL']:.4f}",
            f"{row['NLL at the fitted T']:.4f}",
            f"{row['spread of the non-answer logits']:.2f}",
        ]
        for role, (_i, row) in zip(compared.roles, frame.iterrows(), strict=True)
    ]
    return html_table(heads, rows, titles)


def spread_sentence(names: Sequence[str], values: Sequence[float], *, siblings: bool) -> str:
    """How the networks' non-answer logits spread within a class, and by how much the narrowest falls short.

    siblings: whether they are networks of one kind, so that the spreads can be compared.
    """
    if len(names) < 2:
        return _("Within a class the logits outside the label spread by {spread}.").format(
            spread=f"{values[0]:.2f}"
        )
    wide, narrow = (
        max(range(len(names)), key=values.__getitem__),
        min(range(len(names)), key=values.__getitem__),
    )
    times = values[wide] / values[narrow] if values[narrow] > 0 else 0.0
    template = (
        _(
            "Within a class the logits outside the label spread by {wide_spread} in {wide} and by {spread} in {narrow}: {times} times as much."
        )
        if times >= ALIKE
        else _(
            "Within a class the logits outside the label spread by {wide_spread} in {wide} and by {spread} in {narrow}."
        )
    )
    sentence = template.format(
        wide=names[wide],
        wide_spread=f"{values[wide]:.2f}",
        narrow=names[narrow],
        spread=f"{values[narrow]:.2f}",
        times=f"{times:.2g}",
    )
    if not siblings or values[narrow] * FAR > values[wide]:
        return sentence
    less = _("Its soft targets say that much less about how the images of a class differ.")
    return together([sentence, less])
