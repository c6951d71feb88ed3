"""Risk against coverage: how often each network errs among the images of which it is surest. It is explored: zoomed and read off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dashboard.charts.chart_theme import FAINT, GRID, PAPER
from dashboard.charts.plotly_theme import plotly_layout, plotly_text
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

MARK = 10


def risk_coverage_figure(
    theme: Theme,
    frame: pd.DataFrame,
    roles: Sequence[Role],
    begin: float = 0.0,
    top: float = 1.0,
    share: float | None = None,
) -> Figure:
    """Error against coverage, a line a network, with its role's mark at each tenth of the images.

    frame: who, coverage, risk (shares), errors, images, confidence (the belief of the least sure of them), marked; the networks in the
        order of their roles. begin: the coverage at which the axis begins; what lies before it is not drawn. top: the largest risk
        that is drawn. share: the coverage that is read off, where a line stands.
    """
    from plotly.graph_objects import Figure, Scatter

    drawn = frame[frame["coverage"] >= begin - 1e-9]
    figure = Figure()
    for name, role in zip(dict.fromkeys(frame["who"]), roles, strict=True):
        own = drawn[drawn["who"] == name]
        for rows, how in ((own, _line(role, theme)), (own[own["marked"]], _marks(role, theme))):
            figure.add_trace(
                Scatter(
                    x=rows["coverage"],
                    y=rows["risk"],
                    name=plotly_text(name),
                    legendgroup=name,
                    customdata=rows[["images", "errors", "confidence"]],
                    **how,
                )
            )
    if share is not None:
        figure.add_vline(x=share, line={"color": FAINT[theme], "width": 1})
    return figure.update_layout(**_layout(theme, begin, top))


def _line(role: Role, theme: Theme) -> dict[str, Any]:
    dash = ",".join(f"{length}px" for length in role.dash) or "solid"
    return {
        "mode": "lines",
        "line": {"color": role.colour(theme), "width": role.width, "dash": dash},
        "hovertemplate": _(
            "wrong among them: %{y:.2%} (%{customdata[1]:,.0f} of %{customdata[0]:,}) · belief at least %{customdata[2]:.1%}"
        ),
    }


def _marks(role: Role, theme: Theme) -> dict[str, Any]:
    return {
        "mode": "markers",
        "marker": {"symbol": role.shape, "size": MARK, "color": role.colour(theme)},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _layout(theme: Theme, begin: float, top: float) -> dict[str, Any]:
    lines = {"gridcolor": GRID[theme], "zerolinecolor": GRID[theme]}
    return plotly_layout(theme, 380) | {
        "paper_bgcolor": PAPER[theme],
        "margin": {"l": 64, "r": 16, "t": 56, "b": 56},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": lines
        | {
            "title": {"text": _("share of the images, the surest first")},
            "tickformat": ".0%",
            "range": [begin, 1.005],
        },
        "yaxis": lines
        | {
            "title": {"text": _("wrong among them")},
            "tickformat": "~%",
            "range": [-0.02 * top, 1.05 * top],
        },
    }
