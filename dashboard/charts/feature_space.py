"""The networks' features in space: a cloud of images for each network, side by side, turned by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.charts.chart_theme import INK, SELECTED
from dashboard.charts.plotly_theme import Viewpoint, plotly_layout, plotly_text, scene
from dashboard.text.roles import Theme
from dashboard.text.translation import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter3d


def feature_space_figure(
    theme: Theme, frame: pd.DataFrame, names: Sequence[str], classes: Sequence[str], viewpoint: Viewpoint
) -> Figure:
    """A cloud for each network, coloured by class.

    Frame: class, chosen, and for each network k: x{k}, y{k}, z{k} (0 to 1) and said{k} (the name of its answer).
    """
    from plotly.subplots import make_subplots

    titles = [plotly_text(name) for name in names]
    figure = make_subplots(
        cols=len(names),
        specs=[[{"type": "scene"}] * len(names)],
        subplot_titles=titles,
        horizontal_spacing=0.01,
    )
    colours = _colours(len(classes))
    for k, _name in enumerate(names):
        for place, name in enumerate(classes):
            rows = frame[frame["class"] == name]
            if len(rows):
                figure.add_trace(_cloud(theme, rows, k, name, colours[place]), row=1, col=k + 1)
    axes = scene(theme, ("", "", ""), viewpoint, near=0.7)
    for axis in ("xaxis", "yaxis", "zaxis"):
        axes[axis] |= {"showticklabels": False, "range": [-0.03, 1.03]}
    figure.update_scenes(**axes)
    figure.update_layout(**plotly_layout(theme, 520))
    figure.update_annotations(font={"size": 14, "color": INK[theme]})
    figure.update_layout(legend={"orientation": "h", "itemsizing": "constant", "y": -0.02})
    return figure


def _cloud(theme: Theme, rows: pd.DataFrame, k: int, name: str, colour: str) -> Scatter3d:
    from plotly.graph_objects import Scatter3d

    chosen = rows["chosen"]
    return Scatter3d(
        x=rows[f"x{k}"],
        y=rows[f"y{k}"],
        z=rows[f"z{k}"],
        mode="markers",
        name=plotly_text(name),
        legendgroup=plotly_text(name),
        showlegend=k == 0,
        customdata=rows[f"said{k}"].map(plotly_text),
        hovertemplate=_("label {label}, answer {answer}").format(
            label="%{fullData.name}", answer="%{customdata}"
        )
        + "<extra></extra>",
        marker={
            "size": [7 if one else 3 for one in chosen],
            "color": [SELECTED[theme] if one else colour for one in chosen],
            "opacity": 0.8,
        },
    )


def _colours(classes: int) -> list[str]:
    """As the clouds in the plane have them, where there are no more than ten classes."""
    from plotly.colors import qualitative, sample_colorscale

    if classes <= len(qualitative.T10):
        return [*qualitative.T10[:classes]]
    found: list[str] = sample_colorscale("HSV", [place / classes for place in range(classes)])
    return found
